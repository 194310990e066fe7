"use strict";
// The findings list: filtered in memory, only the visible rows exist. All text enters through textContent.
(async () => {
  const ROW = 58;
  const byId = (id) => document.getElementById(id);
  const list = byId("list"), space = byId("space"), detail = byId("detail"), count = byId("count");
  if (!list) return;

  async function unpack() {
    const packed = Uint8Array.from(atob(byId("data").textContent.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }

  const data = await unpack();
  const { strings, controls, results, evidence, weights } = data;
  const total = results.control.length;
  const filters = ["status", "severity", "family", "level", "account", "weights"].map((name) => [name, byId(`filter-${name}`)]);
  const search = byId("filter-text");
  let shown = [], current = -1;

  const subject = (i) => strings[results.subject[i]];
  const message = (i) => strings[results.message[i]];
  const field = {
    status: (i) => data.statuses[results.status[i]],
    severity: (i) => data.severities[results.severity[i]],
    family: (i) => controls[results.control[i]].family,
    level: (i) => controls[results.control[i]].level,
    account: (i) => strings[results.account[i]],
    weights: (i) => results.weights[i],
  };

  function fill(name, select) {
    const values = new Map();
    for (let i = 0; i < total; i++) {
      const value = field[name](i);
      for (const one of Array.isArray(value) ? value : [value]) values.set(one, (values.get(one) || 0) + 1);
    }
    const label = (value) => (name === "weights" ? weights[value] : String(value).replaceAll("_", " "));
    const order = name === "status" ? data.statuses : name === "severity" ? data.severities : null;
    const keys = [...values.keys()].filter((value) => value !== "").sort((a, b) =>
      order ? order.indexOf(a) - order.indexOf(b) : label(a) < label(b) ? -1 : 1);
    for (const value of keys) select.append(new Option(`${label(value)} (${values.get(value)})`, String(value)));
  }

  function matches(i, chosen, text) {
    for (const [name, value] of chosen) {
      const has = field[name](i);
      if (Array.isArray(has) ? !has.includes(Number(value)) : String(has) !== value) return false;
    }
    return !text || `${controls[results.control[i]].id} ${controls[results.control[i]].title} ${subject(i)} ${message(i)}`.toLowerCase().includes(text);
  }

  function filter() {
    const chosen = filters.filter(([, select]) => select.value !== "").map(([name, select]) => [name, select.value]);
    const text = search.value.trim().toLowerCase();
    shown = [];
    for (let i = 0; i < total; i++) if (matches(i, chosen, text)) shown.push(i);
    count.textContent = `${shown.length.toLocaleString("en")} of ${total.toLocaleString("en")} results`;
    space.style.height = `${shown.length * ROW}px`;
    list.scrollTop = 0;
    draw();
  }

  function badge(text) {
    const element = document.createElement("span");
    element.className = `badge ${text}`;
    element.textContent = text.replaceAll("_", " ");
    return element;
  }

  function row(position) {
    const i = shown[position], control = controls[results.control[i]];
    const element = document.createElement("button");
    element.type = "button";
    element.className = "row";
    element.style.top = `${position * ROW}px`;
    element.dataset.position = position;
    element.setAttribute("aria-current", String(i === current));
    const id = document.createElement("code");
    id.textContent = control.id;
    const what = document.createElement("span");
    what.className = "what";
    const first = document.createElement("b"), second = document.createElement("span");
    first.textContent = message(i) || control.title;
    second.textContent = subject(i);
    what.append(first, second);
    const cells = [badge(field.status(i)), badge(field.severity(i)), id, what];
    element.append(...cells);
    return element;
  }

  function draw() {
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 8);
    const last = Math.min(shown.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + 8);
    const focused = document.activeElement?.dataset?.position;
    const rows = [];
    for (let position = first; position < last; position++) rows.push(row(position));
    space.replaceChildren(...rows);
    if (focused !== undefined) space.querySelector(`[data-position="${focused}"]`)?.focus({ preventScroll: true });
  }

  function line(dl, term, ...values) {
    if (!values.length) return;
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = term;
    for (const value of values) {
      const part = document.createElement(value.pre ? "pre" : "div");
      part.textContent = value.pre ?? value;
      dd.append(part);
    }
    dl.append(dt, dd);
  }

  function open(position) {
    const i = shown[position];
    if (i === undefined) return;
    current = i;
    const control = controls[results.control[i]];
    const heading = document.createElement("h3"), dl = document.createElement("dl");
    heading.textContent = `${control.id}  ${control.title}`;
    line(dl, "Status", `${field.status(i)}, ${field.severity(i)}, ${control.level}`);
    line(dl, "Subject", subject(i));
    line(dl, "Finding", message(i));
    line(dl, "The control asks", control.statement);
    if (control.rationale) line(dl, "Why", control.rationale);
    if (results.weights[i].length) line(dl, "Weights", ...results.weights[i].map((index) => weights[index]));
    const read = results.evidence[i].map((index) => evidence[index]);
    if (read.length) line(dl, "Evidence", ...read.map(([fact, value, source]) => ({ pre: `${strings[fact]} = ${strings[value]}\n${strings[source]}` })));
    if (results.waiver[i]) line(dl, "Waiver", strings[results.waiver[i]]);
    for (const [way, text] of Object.entries(control.remediation || {})) line(dl, way === "caution" ? "Before" : `Put right: ${way}`, { pre: text });
    if (control.limits) line(dl, "Cannot see", control.limits);
    detail.replaceChildren(heading, dl);
    detail.hidden = false;
    draw();
  }

  filters.forEach(([name, select]) => { fill(name, select); select.addEventListener("change", filter); });
  search.addEventListener("input", filter);
  list.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  new ResizeObserver(draw).observe(list);
  space.addEventListener("click", (event) => {
    const button = event.target.closest(".row");
    if (!button) return;
    open(Number(button.dataset.position));
    detail.focus();
  });
  list.addEventListener("keydown", (event) => {
    const at = Number(document.activeElement?.dataset?.position);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || Number.isNaN(at)) return;
    event.preventDefault();
    const next = Math.min(shown.length - 1, Math.max(0, at + step));
    list.scrollTop = Math.max(0, next * ROW - list.clientHeight / 2);
    draw();
    space.querySelector(`[data-position="${next}"]`)?.focus({ preventScroll: true });
  });
  const status = byId("filter-status");
  if ([...status.options].some((option) => option.value === "fail")) status.value = "fail";
  filter();
  performance.mark("ready");
  document.documentElement.dataset.ready = "true";
})();
