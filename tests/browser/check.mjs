// Opens pages in Chromium as a person would: node check.mjs PAGE…
//
// Prints one line a page and exits 1 at the first thing that is wrong. CHROMIUM names the browser.
import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The module is looked for beside this file, or in the folder NODE_MODULES.
const require = createRequire(process.env.NODE_MODULES ? `${process.env.NODE_MODULES}/x.js` : import.meta.url);
const { chromium } = require("playwright-core");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

async function open(path, options) {
  const page = await browser.newPage(options);
  const complaints = [];
  page.on("console", message => { if (["error", "warning"].includes(message.type())) complaints.push(message.text()); });
  page.on("pageerror", error => complaints.push(error.message));
  page.on("request", request => {
    if (!/^(file|data|blob):/.test(request.url())) complaints.push(`asks the network for ${request.url()}`);
  });
  await page.goto(pathToFileURL(path).href);
  return { page, complaints };
}

/** Nothing sticks out of the window or of its drawing, and no two words of a drawing lie on each other. */
async function layout(page) {
  return page.evaluate(() => {
    const wrong = [];
    const root = document.documentElement;
    if (root.scrollWidth > innerWidth) wrong.push(`the page is ${root.scrollWidth} wide in ${innerWidth}`);
    for (const svg of document.querySelectorAll("svg")) {
      const frame = svg.getBoundingClientRect();
      if (!frame.width) continue;
      const boxes = [...svg.querySelectorAll("text")].map(text => [text.textContent, text.getBoundingClientRect()]);
      boxes.forEach(([text, box], i) => {
        if (box.left < frame.left - 1 || box.right > frame.right + 1) wrong.push(`"${text}" is clipped`);
        for (const [other, there] of boxes.slice(i + 1)) {
          const apart = box.right < there.left + 1 || there.right < box.left + 1
            || box.bottom < there.top + 3 || there.bottom < box.top + 3;
          if (!apart) wrong.push(`"${text}" and "${other}" overlap`);
        }
      });
    }
    return wrong;
  });
}

const shown = page => page.locator("#tip:not([hidden])").textContent({ timeout: 2000 });

async function download(page, button) {
  const [file] = await Promise.all([page.waitForEvent("download"), button.click()]);
  return readFile(await file.path(), "utf8");
}

async function check(path) {
  const { page, complaints } = await open(path, { viewport: { width: 1180, height: 900 } });
  const data = JSON.parse(await page.locator("#data").textContent());

  const box = page.locator("svg.wide .box").first();
  await box.hover();
  assert.match(await shown(page), /median \d+\.\d{3} .* nats/);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#tip:not([hidden])").count(), 0, "Escape hides the value");
  await box.focus();
  assert.match(await shown(page), /median/, "the keyboard shows values too");

  const canvas = page.locator("canvas[data-variant]").first();
  if (data.variants[0].heatmap.side > 1) {
    await canvas.scrollIntoViewIfNeeded();
    const before = await canvas.screenshot();
    const frame = await canvas.boundingBox();
    await page.mouse.move(frame.x + frame.width * 0.75, frame.y + frame.height * 0.25);
    assert.match(await shown(page), /: I -?\d+\.\d{3} nats|no value/);
    await page.mouse.move(0, 0);
    await page.getByLabel("by similarity").check();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.order), "similarity");
    const side = data.variants[0].heatmap.side;
    if (side > 8) assert.notDeepEqual(await canvas.screenshot(), before, "the other order looks different");
    await canvas.focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await shown(page), / and .*: (I -?\d|no value)/);

    const matrix = (await download(page, page.locator("[data-download=matrix]").first())).trim().split("\n");
    assert.equal(matrix.length, side + 1);
  }
  const rows = (await download(page, page.locator("[data-download=entropy]"))).trim().split("\n");
  assert.equal(rows[0], "variant,layer,neuron,entropy_nats");
  assert.equal(rows.length - 1, data.variants.flatMap(variant => variant.entropy).flat().length);
  assert.deepEqual(JSON.parse(await download(page, page.locator("[data-download=json]"))), data);
  assert.deepEqual(complaints, []);
  await page.close();

  for (const [width, colorScheme] of [[1180, "light"], [1180, "dark"], [390, "light"], [390, "dark"]]) {
    const { page, complaints } = await open(path, { viewport: { width, height: 844 }, colorScheme });
    assert.deepEqual(await layout(page), [], `${width} wide, ${colorScheme}`);
    assert.deepEqual(complaints, []);
    await page.close();
  }
  console.log(`ok ${path}`);
}

try {
  for (const path of process.argv.slice(2)) await check(path);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}
