// What is wrong with the page's layout: whatever sticks out of the window or of its drawing, and words on other words
// or on points.
(() => {
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) wrong.push(`the page is ${root.scrollWidth} wide in ${innerWidth}`);
  // Glyphs are less high than the boxes of their line.
  const apart = (a, b) => a.right < b.left + 1 || b.right < a.left + 1 || a.bottom < b.top + 3 || b.bottom < a.top + 3;
  for (const svg of document.querySelectorAll("svg")) {
    const frame = svg.getBoundingClientRect();
    if (!frame.width) continue;
    const boxes = selector => [...svg.querySelectorAll(selector)].map(e => [e.textContent, e.getBoundingClientRect()]);
    const words = boxes("text"), dots = boxes("circle.dot");
    words.forEach(([text, box], i) => {
      if (/NaN|undefined|null/.test(text)) wrong.push(`"${text}" is no figure`);
      if (box.left < frame.left - 1 || box.right > frame.right + 1) wrong.push(`"${text}" is clipped`);
      for (const [other, there] of words.slice(i + 1)) if (!apart(box, there)) wrong.push(`"${text}" lies on "${other}"`);
      for (const [, dot] of dots) if (!apart(box, dot)) wrong.push(`"${text}" lies on a point`);
    });
  }
  return wrong;
})()
