// What Superset's pages lack and CSS cannot add. Loaded in the head of every page, before Superset's own scripts.
(() => {
  // Superset labels the box of each chart with its description but gives it no role, so that screen readers ignore the label.
  const nameCharts = () => {
    for (const box of document.querySelectorAll(".dashboard-chart[aria-label]:not([role])")) box.setAttribute("role", "group");
  };

  // On a phone each row of a table is a card: each value carries the title of its column (static/tema.css shows it). The titles in words
  // may come after the rows. What has no value is a dash, and not Superset's N/A.
  const nameCells = () => {
    for (const table of document.querySelectorAll(".superset-chart-table")) {
      const titles = new Map([...table.querySelectorAll("th[id]")].map((title) => [title.id, title.textContent.trim()]));
      for (const cell of table.querySelectorAll("td[aria-labelledby]")) {
        const title = titles.get(cell.getAttribute("aria-labelledby")) || "";
        if (cell.dataset.columna !== title) cell.dataset.columna = title;
      }
      for (const cell of table.querySelectorAll("td.dt-is-null")) {
        for (const words of cell.childNodes) if (words.nodeValue === "N/A") words.nodeValue = "—";
      }
    }
  };

  // On paper a table of several pages says how many rows it has.
  const countRows = () => {
    for (const table of document.querySelectorAll(".superset-chart-table:has(.dt-pagination li + li)")) {
      const records = table.querySelector(".dt-global-filter input")?.placeholder;
      if (records && table.dataset.registros !== records) table.dataset.registros = records;
    }
  };

  // A heading of the first order and a way past the menu, outside of what Superset draws.
  const own = (tag, id) => {
    const found = document.getElementById(id);
    if (found || !document.body) return found;
    const made = document.createElement(tag);
    made.id = id;
    document.body.prepend(made);
    return made;
  };
  const nameParts = () => {
    const heading = own("h1", "pamga-titulo"), skip = own("a", "pamga-saltar");
    const title = document.querySelector(".header-with-actions input.dynamic-title-input")?.value || document.title;
    if (heading && heading.textContent !== title) heading.textContent = title;
    if (skip && !skip.href) {
      skip.href = "#contenido";
      skip.textContent = "Saltar al contenido";
      skip.addEventListener("click", (event) => {
        event.preventDefault();
        const target = document.querySelector(".grid-container") || document.querySelector("#app");
        target.tabIndex = -1;
        target.focus();
      });
    }
    for (const filter of document.querySelectorAll("[data-test='form-item-value'], .filter-item-wrapper, .ant-form-item")) {
      const name = filter.querySelector("[data-test='filter-control-name']")?.textContent || filter.querySelector("label")?.textContent;
      const field = filter.querySelector("input[role='combobox']:not([aria-label])");
      if (name && field) field.setAttribute("aria-label", name.replace("*", "").trim());
    }
    for (const field of document.querySelectorAll(".superset-chart-table input:not([aria-label])")) {
      field.setAttribute("aria-label", field.type === "number" ? "Entradas por página" : "Buscar en la tabla");
    }
    for (const menu of document.querySelectorAll("#main-menu [role='menu']:not([aria-label])")) menu.setAttribute("aria-label", "Menú principal");
    for (const button of document.querySelectorAll("button[aria-label='Opciones de mapa']")) button.setAttribute("aria-label", "Opciones de la gráfica");
  };

  // A chart that has more rows than its query may ask for says how many of how many, and where all are (row_counts.py).
  const parts = new Map();
  const number = (text) => Number(text).toLocaleString("es-MX");
  const ask = window.fetch;
  window.fetch = async (...sent) => {
    const address = new URL(sent[0]?.url || sent[0], location);
    // Superset gives up on the words of its interface after five seconds and goes on in English, for whoever has a slow line.
    if (address.pathname.includes("/language_pack/")) return ask(address);
    const answer = await ask.apply(window, sent);
    if (address.pathname === "/api/v1/chart/data" && answer.ok) {
      const chart = /"slice_id":(\d+)/.exec(address.searchParams.get("form_data"))?.[1];
      if (chart) parts.set(chart, answer.headers.get("X-Pamga-Parte")), nameRows();
    }
    return answer;
  };
  const nameRows = () => {
    for (const [chart, said] of parts) {
      const holder = document.querySelector(`[data-test-chart-id="${chart}"]`), shown = holder?.querySelector(".parte");
      if (!holder || (shown?.dataset.parte ?? null) === said) continue;
      shown?.remove();
      if (!said) continue;
      const { filas, de, todas } = Object.fromEntries(new URLSearchParams(said));
      const note = document.createElement("p");
      note.className = "parte";
      note.dataset.parte = said;
      note.textContent = `Se muestran ${number(filas)} de ${number(de)} filas. `;
      if (todas) {
        const link = document.createElement("a");
        link.href = todas;
        link.textContent = "Todas, en su conjunto de datos";
        note.append(link);
      } else note.append("Un filtro, o descargar la tabla, da las demás.");
      holder.append(note);
    }
  };

  // The first screen in words (first_screen.py) goes when all that the reader would see of the board below it is drawn.
  const PATIENCE = 30000;
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    return box.height > 0 && box.top < innerHeight && box.bottom > 0;
  };
  const drawn = () => {
    const parts = [...document.querySelectorAll(".dashboard-component-chart-holder")].filter(seen);
    return parts.length > 0 && parts.every((part) => !part.querySelector(".loading, [data-test='loading-indicator']") && part.innerText.trim());
  };
  const uncover = () => {
    const cover = document.getElementById("portada");
    if (!cover) return true;
    if (!drawn() && !(performance.now() > PATIENCE && document.querySelector(".grid-container"))) return false;
    const place = cover.scrollTop;
    cover.remove();
    document.getElementById("app").inert = false;
    scrollTo(0, place);
    return true;
  };
  document.addEventListener("DOMContentLoaded", () => {
    const looking = setInterval(() => uncover() && clearInterval(looking), 100);
  });

  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      nameCharts();
      nameCells();
      countRows();
      nameParts();
      nameRows();
    });
  }).observe(document.documentElement, { childList: true, subtree: true });

  // A phone that is turned may get the other layout; printing also changes the width, and must not load the page again.
  matchMedia("screen and (max-width: 899px)").addEventListener("change", () => {
    if (!matchMedia("print").matches && !document.querySelector(".dashboard--editing")) location.reload();
  });
})();
