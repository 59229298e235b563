"use strict";
// Draws the matrices, shows values under the pointer or the keyboard, turns from one estimator to the other, and hands out
// the page's figures and numbers as files.
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const tip = document.getElementById("tip");
const NOTHING = 255;
// What the plots show: everything under one estimator.
let reading = data.readings[0];

// --- Values under the pointer -------------------------------------------------------------------------------------
// Puts the value where it belongs again after the page has moved; none where the pointer asked, which does not move.
let again = null;
function show(text, x, y, place = null) {
  again = place;
  tip.textContent = text;
  tip.hidden = false;
  const box = tip.getBoundingClientRect(), edge = 8;
  const left = Math.min(Math.max(edge, x + 14), innerWidth - box.width - edge);
  const above = y - box.height - 14;
  tip.style.transform = `translate(${left}px, ${above < edge ? y + 18 : above}px)`;
}
function hide() {
  again = null;
  tip.hidden = true;
}
const tipped = event => event.target.closest?.("[data-tip]");
document.addEventListener("pointermove", event => {
  const at = tipped(event);
  if (at) show(at.dataset.tip, event.clientX, event.clientY);
  else if (!event.target.closest?.("canvas[data-variant]") && event.pointerType !== "touch") hide();
});
document.addEventListener("focusin", event => {
  const at = tipped(event);
  if (!at) return;
  const place = () => {
    const box = at.getBoundingClientRect();
    show(at.dataset.tip, box.left + box.width / 2, box.top, place);
  };
  place();
});
document.addEventListener("focusout", hide);
document.addEventListener("keydown", event => { if (event.key === "Escape") hide(); });
// Focus brings what it falls on into view, so the page moves just after a value was shown.
addEventListener("scroll", () => again ? again() : hide(), { passive: true });

// --- Colours: even steps of lightness in OKLCh, from zero to one from yellow over green to indigo, so that grey prints keep
// the order; from zero to minus one to red ------------------------------------------------------------------------------
function colour(t, dark) {
  const size = Math.abs(t), toDark = dark ? 1 - size : size;
  const lightness = t < 0 ? (dark ? 0.2 + 0.5 * size : 0.97 - 0.5 * size) : dark ? 0.2 + 0.74 * t : 0.97 - 0.7 * t;
  // As much chroma as a screen can show at every step of the way.
  const hue = (t < 0 ? 28 : 100 + 180 * toDark) * Math.PI / 180;
  const chroma = t < 0 ? 0.03 + 0.14 * size : 0.03 + 0.068 * Math.sin(Math.PI * toDark) ** 0.8;
  const a = chroma * Math.cos(hue), b = chroma * Math.sin(hue);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map(c => Math.round(255 * Math.min(1, Math.max(0, c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055))));
}
const scheme = matchMedia("(prefers-color-scheme: dark)"), printed = matchMedia("print");
const isDark = () => scheme.matches && !printed.matches;
const token = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// --- Matrices -------------------------------------------------------------------------------------------------------
const nats = value => value.toFixed(3).replace(/^-0\.000$/, "0.000");
function shorten(labels) {
  let length = labels.length > 1 ? labels[0].length : 0;
  for (const label of labels) while (!label.startsWith(labels[0].slice(0, length))) length--;
  while (/[0-9]/.test(labels[0]?.[length - 1] ?? "")) length--;
  return labels.map(label => label.slice(length) || label);
}
function matrix(variant) {
  const map = variant.heatmap, side = map.side, raw = atob(map.bytes);
  const at = (i, j) => {
    const [a, b] = i < j ? [i, j] : [j, i];
    return raw.charCodeAt(a * side - a * (a - 1) / 2 + b - a);
  };
  return { variant, map, side, at, same: [...Array(side).keys()] };
}
const ordered = heat => document.documentElement.dataset.order === "similarity" ? heat.map.order : heat.same;
const heats = [...document.querySelectorAll("canvas[data-variant]")].map(canvas => {
  const heat = { canvas, cursor: null, margin: 0, size: 0, ...matrix(reading.variants[canvas.dataset.variant]) };
  heat.order = heat.same;
  return heat;
});
// A share of the scale: from 0 to 1 where positive, from -1 to 0 where negative.
function share(value) {
  const [low, high] = reading.scale;
  return value < 0 ? Math.max(-1, low < 0 ? -value / low : -1) : Math.min(1, value / Math.max(high, 1e-9));
}
const level = (heat, byte) => byte === NOTHING ? null : heat.map.levels[byte];
function name(heat, cell) {
  const [layer, first, last] = heat.map.cells[cell];
  return `${heat.variant.layers[layer]}:${first}${last > first ? `–${last}` : ""}`;
}
function draw(heat) {
  const { canvas, side, order } = heat;
  const width = canvas.clientWidth, density = devicePixelRatio || 1;
  if (!width || !side) return;
  const wide = width > 430, labels = wide ? heat.variant.layers : shorten(heat.variant.layers);
  const context = canvas.getContext("2d");
  const font = `12px ${token("--sans")}`;
  context.font = font;
  const longest = Math.max(...labels.map(label => context.measureText(label).width));
  heat.margin = Math.ceil(Math.min(longest + 10, width * 0.25));
  heat.size = width - heat.margin;
  const below = 18;
  canvas.style.height = `${heat.size + below}px`;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round((heat.size + below) * density);
  context.scale(density, density);
  const dark = isDark(), palette = heat.map.levels.map(value => colour(share(value), dark));
  const image = new ImageData(side, side), blank = dark ? [70, 74, 82] : [200, 200, 196];
  for (let i = 0; i < side; i++) for (let j = 0; j < side; j++) {
    const rgb = palette[heat.at(order[i], order[j])] ?? blank;
    image.data.set(rgb, 4 * (i * side + j));
    image.data[4 * (i * side + j) + 3] = 255;
  }
  const cells = new OffscreenCanvas(side, side);
  cells.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = side > heat.size * density;
  context.imageSmoothingQuality = "high";
  context.drawImage(cells, heat.margin, 0, heat.size, heat.size);
  const step = heat.size / side;
  context.font = font;
  context.textBaseline = "middle";
  let start = 0, free = -Infinity, taken = -Infinity;
  for (let cell = 1; cell <= side; cell++) {
    const layer = heat.map.cells[start][0];
    if (cell < side && heat.map.cells[cell][0] === layer) continue;
    const middle = step * (start + cell) / 2;
    context.fillStyle = token("--ink");
    const half = context.measureText(labels[layer]).width / 2, at = heat.margin + middle;
    if (at - half >= taken + 6 && at + half <= width) {
      context.textAlign = "center";
      context.fillText(labels[layer], at, heat.size + 10);
      taken = at + half;
    }
    context.textAlign = "right";
    if (middle - free >= 13) {
      context.fillText(fitted(context, labels[layer], heat.margin - 8), heat.margin - 8, Math.min(Math.max(middle, 7), heat.size - 7));
      free = middle;
    }
    if (cell < side) {
      context.fillStyle = token("--paper");
      context.fillRect(heat.margin, step * cell - 0.75, heat.size, 1.5);
      context.fillRect(heat.margin + step * cell - 0.75, 0, 1.5, heat.size);
    }
    start = cell;
  }
  if (heat.cursor) {
    const [i, j] = heat.cursor;
    context.strokeStyle = token("--ink");
    context.lineWidth = 3;
    const around = Math.max(step, 4);
    context.strokeRect(heat.margin + step * (j + 0.5) - around / 2, step * (i + 0.5) - around / 2, around, around);
    context.strokeStyle = token("--paper");
    context.lineWidth = 1;
    context.strokeRect(heat.margin + step * (j + 0.5) - around / 2, step * (i + 0.5) - around / 2, around, around);
  }
}
function fitted(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let kept = text;
  while (kept.length > 1 && context.measureText(`…${kept}`).width > width) kept = kept.slice(1);
  return `…${kept}`;
}
function tell(heat, i, j, x, y, place) {
  const a = heat.order[i], b = heat.order[j], value = level(heat, heat.at(a, b));
  const figure = value === null ? (a === b ? "the neuron itself" : "no value") : `I ${nats(value)} nats`;
  show(a === b ? `${name(heat, a)}: ${figure}` : `${name(heat, a)} and ${name(heat, b)}: ${figure}`, x, y, place);
}
for (const heat of heats) {
  const place = event => {
    const box = heat.canvas.getBoundingClientRect();
    const cell = offset => Math.floor(offset / heat.size * heat.side);
    const i = cell(event.clientY - box.top), j = cell(event.clientX - box.left - heat.margin);
    if (i < 0 || j < 0 || i >= heat.side || j >= heat.side) return hide();
    tell(heat, i, j, event.clientX, event.clientY);
  };
  heat.canvas.addEventListener("pointermove", place);
  heat.canvas.addEventListener("pointerdown", place);
  heat.canvas.addEventListener("keydown", event => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!move) return;
    event.preventDefault();
    const by = event.shiftKey ? 10 : 1, [i, j] = heat.cursor ?? [0, 1];
    const clamp = value => Math.min(heat.side - 1, Math.max(0, value));
    heat.cursor = heat.cursor ? [clamp(i + by * move[0]), clamp(j + by * move[1])] : [clamp(i), clamp(j)];
    draw(heat);
    const [row, column] = heat.cursor;
    const place = () => {
      const box = heat.canvas.getBoundingClientRect(), step = heat.size / heat.side;
      tell(heat, row, column, box.left + heat.margin + step * (column + 0.5), box.top + step * row, place);
    };
    place();
  });
  heat.canvas.addEventListener("blur", () => { heat.cursor = null; draw(heat); hide(); });
}
function drawAll() {
  heats.forEach(draw);
  const ramp = document.getElementById("ramp").getContext("2d"), [low, high] = reading.scale;
  for (let x = 0; x < 256; x++) {
    ramp.fillStyle = `rgb(${colour(share(low + x / 255 * (high - low)), isDark()).join(" ")})`;
    ramp.fillRect(x, 0, 1, 1);
  }
  if (low < 0) {
    ramp.fillStyle = token("--ink");
    ramp.fillRect(Math.round(-low / (high - low) * 255), 0, 1, 1);
  }
  const lowest = Math.min(...heats.map(heat => heat.map.levels[0] ?? Infinity));
  document.getElementById("low").textContent = `${lowest < low ? "≤ " : ""}${nats(low)}`;
  document.getElementById("unit").textContent = low < 0 ? "I, nats; the line is zero" : "I, nats";
  document.getElementById("high").textContent = `≥ ${nats(high)}`;
  document.getElementById("below").hidden = low > -0.02;
}
for (const input of document.querySelectorAll("input[name=reading]")) {
  input.addEventListener("change", () => {
    reading = data.readings.find(of => of.estimator === input.value);
    for (const part of document.querySelectorAll("[data-reading]")) part.hidden = part.dataset.reading !== input.value;
    for (const heat of heats) {
      Object.assign(heat, matrix(reading.variants[heat.canvas.dataset.variant]), { cursor: null });
      heat.order = ordered(heat);
    }
    drawAll();
  });
}
for (const input of document.querySelectorAll("input[name=order]")) {
  input.addEventListener("change", () => {
    document.documentElement.dataset.order = input.value;
    for (const heat of heats) heat.order = ordered(heat);
    drawAll();
  });
}
scheme.addEventListener("change", drawAll);
printed.addEventListener("change", drawAll);
let pending = 0;
addEventListener("resize", () => { cancelAnimationFrame(pending); pending = requestAnimationFrame(drawAll); });
// On paper the verdicts and the warnings are not folded away. Tables of numbers are: they would fill pages, and are in the files.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("[aria-labelledby=why] details:not([open])")];
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => { for (const details of opened) details.open = false; });
drawAll();

// --- Files ----------------------------------------------------------------------------------------------------------
const quoted = text => /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
const row = cells => cells.map(cell => quoted(String(cell ?? ""))).join(",") + "\n";
const files = {
  entropy() {
    let text = row(["variant", "layer", "neuron", "entropy_nats"]);
    for (const variant of reading.variants) variant.entropy.forEach((neurons, layer) => neurons.forEach((value, neuron) => {
      text += row([variant.label, variant.layers[layer], neuron, value]);
    }));
    return [`entropy-${reading.estimator}.csv`, "text/csv", text];
  },
  matrix(index) {
    const heat = heats[index], names = heat.order.map(cell => name(heat, cell));
    let text = row(["I_nats", ...names]);
    heat.order.forEach((a, i) => { text += row([names[i], ...heat.order.map(b => level(heat, heat.at(a, b)))]); });
    return [`mutual-information-${reading.estimator}.csv`, "text/csv", text];
  },
  json: () => ["probe-page.json", "application/json", JSON.stringify(data)],
};
for (const button of document.querySelectorAll("[data-download]")) {
  button.addEventListener("click", () => {
    const [file, type, text] = files[button.dataset.download](button.dataset.variant);
    handOut(file, new Blob([text], { type }));
  });
}
function handOut(file, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// --- Figures as files: the drawing with the page's styles written into it, and its caption below -----------------------
const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap",
  "opacity", "paint-order", "font-family", "font-size", "font-style", "font-weight"];
function standalone(figure) {
  const shown = [...figure.querySelectorAll("svg.plot")].find(svg => svg.clientWidth) ?? figure.querySelector("svg.plot");
  const copy = shown.cloneNode(true), originals = [shown, ...shown.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, i) => {
    const style = getComputedStyle(originals[i]);
    // The width of a file is the drawing's own, not that of the window.
    for (const name of STYLES) element.style.setProperty(name, style.getPropertyValue(name));
    for (const name of ["class", "tabindex", "role", "aria-label", "data-tip"]) element.removeAttribute(name);
  });
  const { width, height } = shown.viewBox.baseVal, all = height + 32;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  for (const [name, value] of [["viewBox", `0 0 ${width} ${all}`], ["width", width], ["height", all]]) copy.setAttribute(name, value);
  const part = (kind, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", kind);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  copy.prepend(part("rect", { width, height: all, fill: token("--paper") }));
  const caption = part("text", { x: 4, y: height + 20, fill: token("--quiet"), "font-size": 12, "font-family": token("--sans") });
  caption.textContent = figure.dataset.caption;
  copy.append(caption);
  return { text: new XMLSerializer().serializeToString(copy), width, height: all };
}
function asPng({ text, width, height }) {
  return new Promise((done, failed) => {
    const image = new Image(), scale = 2;
    image.onload = () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [width * scale, height * scale];
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(image.src);
      canvas.toBlob(done, "image/png");
    };
    image.onerror = failed;
    image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  });
}
for (const button of document.querySelectorAll("[data-save]")) {
  button.addEventListener("click", async () => {
    const { save, name, variant } = button.dataset;
    if (save === "matrix") return heats[variant].canvas.toBlob(blob => handOut(`matrix-${reading.estimator}.png`, blob));
    const drawing = standalone(button.closest("figure")), file = `${name}-${reading.estimator}.${save}`;
    handOut(file, save === "svg" ? new Blob([drawing.text], { type: "image/svg+xml" }) : await asPng(drawing));
  });
}
})();
