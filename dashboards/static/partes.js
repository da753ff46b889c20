// What Superset's pages lack and CSS cannot add. Loaded in the head of every page, before Superset's own scripts.
(() => {
  // Superset labels the box of each chart with its description but gives it no role, so that screen readers ignore the label.
  const nameCharts = () => {
    for (const box of document.querySelectorAll(".dashboard-chart[aria-label]:not([role])")) box.setAttribute("role", "group");
  };

  // On a phone each row of a table is a card: each value carries the title of its column (static/tema.css shows it).
  const nameCells = () => {
    for (const cell of document.querySelectorAll(".superset-chart-table td[aria-labelledby]:not([data-columna])")) {
      const title = cell.closest(".superset-chart-table").querySelector(`th[id="${CSS.escape(cell.getAttribute("aria-labelledby"))}"]`);
      cell.dataset.columna = title ? title.textContent.trim() : "";
    }
  };

  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      nameCharts();
      nameCells();
    });
  }).observe(document.documentElement, { childList: true, subtree: true });

  // A phone that is turned may get the other layout; printing also changes the width, and must not load the page again.
  matchMedia("screen and (max-width: 767px)").addEventListener("change", () => {
    if (!matchMedia("print").matches && !document.querySelector(".dashboard--editing")) location.reload();
  });
})();
