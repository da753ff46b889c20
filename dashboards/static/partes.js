// Superset labels the box of each chart with its description but gives it no role, so that screen readers ignore the label.
new MutationObserver(() => {
  for (const box of document.querySelectorAll(".dashboard-chart[aria-label]:not([role])")) box.setAttribute("role", "group");
}).observe(document.documentElement, { childList: true, subtree: true });
