// What Superset's pages lack and CSS cannot add. Loaded in the head of every page, before Superset's own scripts.
(() => {
  // Superset labels the box of each chart with its description but gives it no role, so that screen readers ignore the label.
  const nameCharts = () => {
    for (const box of document.querySelectorAll(".dashboard-chart[aria-label]:not([role])")) box.setAttribute("role", "group");
    // who reads by headings goes from chart to chart
    for (const title of document.querySelectorAll(".chart-slice .header-title [data-test='editable-title']:not([role])")) {
      title.setAttribute("role", "heading");
      title.setAttribute("aria-level", "2");
    }
    for (const title of document.querySelectorAll("h4[data-test='filter-control-name']:not([aria-level])")) title.setAttribute("aria-level", "2");
  };

  // On a phone each row of a table is a card: each value carries the title of its column (static/tema.css shows it). The titles in words
  // may come after the rows. What has no value is a dash, and not Superset's N/A.
  const FIGURE = /^([●◐▲■○◇✔✎✖]) (?=\p{L})/u, PERCENT = /(\d) %/g, ENDLESS = /\S{31}/;
  const nameCells = () => {
    for (const table of document.querySelectorAll(".superset-chart-table")) {
      const titles = new Map([...table.querySelectorAll("th[id]")].map((title) => [title.id, title.textContent.trim()]));
      for (const cell of table.querySelectorAll("td[aria-labelledby]")) {
        const title = titles.get(cell.getAttribute("aria-labelledby")) || "";
        if (cell.dataset.columna !== title) cell.dataset.columna = title;
      }
      // a figure and the word that it stands for, a number and its % are not parted by the end of a line
      for (const cell of table.querySelectorAll("td:not(.dt-is-null)")) {
        for (const words of cell.childNodes) {
          if (words.nodeType !== Node.TEXT_NODE) continue;
          const said = words.nodeValue, right = said.replace(FIGURE, "$1\u00a0").replace(PERCENT, "$1\u00a0%");
          if (said !== right) words.nodeValue = right;
        }
      }
      // an address or a word without an end is cut into lines, so that its column leaves the others their place (static/tema.css)
      for (const cell of table.querySelectorAll("td")) {
        const long = ENDLESS.test(cell.textContent);
        if (long !== "larga" in cell.dataset) long ? (cell.dataset.larga = "") : delete cell.dataset.larga;
      }
      // what hovers over a figure is the figure as it is written, not its fifteen digits
      for (const cell of table.querySelectorAll("td[title]")) cell.removeAttribute("title");
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

  // A drawing is heard by what it stands for where nothing beside it says so, and else not at all: Superset reads out the English name of its file.
  const ICONS = {
    "info-circle": "Explicación", "close-circle": "Quitar lo elegido", close: "Cerrar", filter: "Filtros", search: "Buscar", left: "Anterior",
    right: "Siguiente", download: "Descargar", loading: "Cargando", ellipsis: "Más opciones", warning: "Aviso", "exclamation-circle": "Aviso",
    unstarred: "Marcar como favorito", starred: "Quitar de los favoritos", appstore: "Ver como tarjetas", "unordered-list": "Ver como lista",
  };
  const nameIcon = (icon) => {
    const name = icon.getAttribute("aria-label"), within = icon.parentElement?.closest("button, a, [role='button'], [role='menuitem'], [role='combobox']");
    if (Object.values(ICONS).includes(name)) return;
    const said = within && (within.getAttribute("aria-label") || within.textContent.trim());
    if (ICONS[name] && !said) icon.setAttribute("aria-label", ICONS[name]);
    else if (icon.getAttribute("role") === "img" && icon.tabIndex < 0 && said !== "") {
      icon.removeAttribute("role");
      icon.removeAttribute("aria-label");
      icon.setAttribute("aria-hidden", "true");
    }
  };

  // What Superset says in English, whatever the reader's language, when a question gets no answer: the line is down, or what stands before the server.
  const UNANSWERED = /^(Sin datos por ahora|Service unavailable|Bad gateway|Gateway timeout|Server error|Too many requests|SupersetApiError: (Failed to fetch|(429|5\d\d)\b.*))$/;
  const nameFailures = () => {
    for (const words of document.querySelectorAll("[role='alert'] .ant-alert-message, [role='alert'] .ant-alert-description div:not(:has(*))")) {
      const said = words.textContent;
      if (said === "Data error") words.firstChild.nodeValue = "No se pudo mostrar";
      else if (UNANSWERED.test(said)) words.firstChild.nodeValue = "Por ahora no hay conexión con los datos. Vuelva a cargar la página en unos minutos.";
    }
  };

  // A heading of the first order and a way past the menu, outside of what Superset draws.
  const own = (tag, id, within = document.body) => {
    const found = document.getElementById(id);
    if (found || !within) return found;
    const made = document.createElement(tag);
    made.id = id;
    within.prepend(made);
    return made;
  };
  const nameParts = () => {
    const heading = own("h1", "pamga-titulo", own("header", "pamga-cabecera")), skip = own("a", "pamga-saltar");
    const title = document.querySelector(".header-with-actions input.dynamic-title-input")?.value || document.title;
    if (heading && heading.textContent !== title) heading.textContent = title;
    if (skip && !skip.href) {
      skip.href = "#app";
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
      for (const field of filter.querySelectorAll("input[role='combobox']:not([aria-label]), [aria-label^='NATIVE_FILTER-']")) {
        if (name) field.setAttribute("aria-label", name.replace("*", "").trim());
      }
    }
    for (const icon of document.querySelectorAll(".anticon[aria-label]")) nameIcon(icon);
    for (const sign of document.querySelectorAll("[aria-label='Loading']")) sign.setAttribute("aria-label", ICONS.loading);
    for (const pages of document.querySelectorAll(".ant-pagination-total-text")) {
      const said = pages.textContent, right = said.replace(/^(\d+)-(\d+) of (\d+)$/, "$1 a $2 de $3");
      if (said !== right) pages.textContent = right;
    }
    // the words in the place of a chart that has no rows: a picture's would not be heard
    for (const box of document.querySelectorAll("[role='img'][aria-label='empty']")) box.removeAttribute("role"), box.removeAttribute("aria-label");
    for (const field of document.querySelectorAll(".superset-chart-table input:not([aria-label])")) {
      field.setAttribute("aria-label", field.type === "number" ? "Entradas por página" : "Buscar en la tabla");
    }
    for (const menu of document.querySelectorAll("#main-menu [role='menu']:not([aria-label])")) menu.setAttribute("aria-label", "Menú principal");
    for (const button of document.querySelectorAll("button[aria-label='Más opciones']")) button.setAttribute("aria-label", "Opciones de la gráfica");
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

  // The login form remembers that somebody tried, also when it was right, and tells it whoever comes back after the session has ended as a wrong password.
  if (!location.pathname.startsWith("/login")) sessionStorage.removeItem("login_attempted");

  // The first screen in words (first_screen.py) goes when all that the reader would see of the board below it is drawn.
  const PATIENCE = 30000;
  const LATE = "Los filtros y las demás tablas y gráficas tardan en cargar. Si en un minuto no aparecen, vuelva a cargar la página.";
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
    if (!drawn()) {
      if (performance.now() < PATIENCE) return false;
      if (!document.querySelector(".grid-container")) {
        cover.querySelector("[role='status']").textContent = LATE;
        return false;
      }
    }
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
      nameFailures();
      nameRows();
    });
  }).observe(document.documentElement, { childList: true, subtree: true });

  // A phone or a tablet that is turned may get the other layout; printing also changes the width, and must not load the page again.
  matchMedia("screen and (max-width: 1199px)").addEventListener("change", () => {
    if (!matchMedia("print").matches && !document.querySelector(".dashboard--editing")) location.reload();
  });

  // A sheet of paper is as narrow as a phone: what a wide screen showed is printed as it was, made smaller (static/tema.css), and not in cards.
  addEventListener("beforeprint", () => {
    document.documentElement.style.setProperty("--ancho", innerWidth);
    document.getElementById("pamga-telefono").media = `${innerWidth > 899 ? "screen and " : ""}(max-width: 899px)`;
  });
  addEventListener("afterprint", () => (document.getElementById("pamga-telefono").media = "(max-width: 899px)"));
})();
