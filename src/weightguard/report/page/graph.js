"use strict";
// The access graph: a picture to look at; the list beside it says the same to those who cannot.
(() => {
  const box = document.getElementById("graph"), source = document.getElementById("graph-data");
  if (!box || !source || typeof cytoscape === "undefined") return;
  const elements = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(source.textContent.trim()), (c) => c.charCodeAt(0))));
  const note = document.getElementById("graph-note");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const ink = dark ? "#e8ebee" : "#1a1f26", soft = dark ? "#6b7683" : "#9aa3ad", accent = dark ? "#6fc3d1" : "#0b5c6b";
  const colours = {
    anonymous: "#c62828", external: "#c62828", person: "#b26a00", workload: "#2a6fb0", service: "#2a6fb0", unknown: "#7a7f87",
    step: "#7a7f87", store: accent,
  };
  const shapes = { anonymous: "diamond", external: "diamond", person: "ellipse", workload: "round-rectangle", service: "round-rectangle",
    unknown: "hexagon", step: "ellipse", store: "barrel" };
  const graph = cytoscape({
    container: box,
    elements,
    layout: { name: "preset" },
    minZoom: 0.15,
    maxZoom: 2.5,
    style: [
      { selector: "node", style: { label: "data(label)", color: ink, "font-size": 13, "text-valign": "bottom", "text-margin-y": 5,
        "text-wrap": "ellipsis", "text-max-width": 190, width: 26, height: 26, "background-color": (n) => colours[n.data("kind")] || soft,
        shape: (n) => shapes[n.data("kind")] || "ellipse", "border-width": 0 } },
      { selector: "node[kind = 'store']", style: { width: 34, height: 34, "font-weight": "bold" } },
      { selector: "edge", style: { width: 1.6, "line-color": soft, "target-arrow-color": soft, "target-arrow-shape": "triangle",
        "curve-style": "bezier", "arrow-scale": 1 } },
      { selector: "edge[certainty = 'conditional']", style: { "line-style": "dashed" } },
      { selector: ".far", style: { opacity: 0.12 } },
      { selector: "edge.near", style: { width: 3, "line-color": accent, "target-arrow-color": accent, label: "data(how)", color: ink,
        "font-size": 11, "text-background-color": dark ? "#1a2027" : "#ffffff", "text-background-opacity": 0.9, "text-background-padding": 2 } },
      { selector: "node.near", style: { "border-width": 3, "border-color": accent } },
    ],
  });
  graph.fit(undefined, 40);
  if (graph.zoom() > 1.2) { graph.zoom(1.2); graph.center(); }

  function clear() {
    graph.elements().removeClass("far near");
    note.textContent = note.dataset.hint;
  }
  function show(part, words) {
    graph.elements().addClass("far").removeClass("near");
    part.removeClass("far").addClass("near");
    note.textContent = words;
  }
  graph.on("tap", "node", (event) => {
    const node = event.target;
    const part = node.union(node.data("kind") === "store" ? node.predecessors() : node.successors());
    const hops = node.data("kind") === "store" ? [] : node.outgoers("edge").map((edge) =>
      `${edge.data("how")} to ${edge.target().data("label")}${edge.data("conditions").length ? ` (${edge.data("conditions").join("; ")})` : ""}`);
    show(part, `${node.data("name")} (${node.data("kind")})${hops.length ? `: ${hops.join("; ")}` : ""}`);
  });
  graph.on("tap", "edge", (event) => {
    const edge = event.target, conditions = edge.data("conditions");
    show(edge.union(edge.connectedNodes()), `${edge.source().data("name")} → ${edge.data("how")} → ${edge.target().data("name")}` +
      (conditions.length ? `, ${conditions.join("; ")}` : ""));
  });
  graph.on("tap", (event) => { if (event.target === graph) clear(); });

  for (const button of document.querySelectorAll("[data-closes]")) {
    button.addEventListener("click", () => {
      const closed = new Set(JSON.parse(button.dataset.closes));
      const nodes = graph.nodes().filter((node) => closed.has(node.data("name")));
      show(nodes.union(nodes.successors()), `${button.dataset.words} closes ${closed.size === 1 ? "this path" : `the paths of ${closed.size}`}.`);
      box.scrollIntoView({ block: "nearest" });
    });
  }
  document.getElementById("graph-reset").addEventListener("click", () => { clear(); graph.fit(undefined, 40); });
})();
