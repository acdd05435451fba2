// What arranging asks: the tabs above the cards, a tab's panel, the layouts, the tab for a card.

const panel = document.getElementById("panel");

function element(tag, properties = {}, ...children) {
  const { class: className, data = {}, ...rest } = properties;
  const made = Object.assign(document.createElement(tag), rest);
  if (className) made.className = className;
  Object.assign(made.dataset, data);
  made.append(...children);
  return made;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(svg.namespaceURI, "use"));
  svg.firstChild.setAttribute("href", `#${name}`);
  return svg;
}

/** A little picture of a layout: its slots as they would stand. */
function picture(slots) {
  const made = element("span", { class: "layout-picture", ariaHidden: "true" });
  for (const [width, height] of slots) {
    const slot = element("i");
    slot.style.gridArea = `span ${Math.max(2, Math.round(height / 2))} / span ${width}`;
    made.append(slot);
  }
  return made;
}

export class Panels {
  constructor(arranger) {
    this.arranger = arranger;
  }

  get model() {
    return this.arranger.model;
  }

  close() {
    if (panel.matches(":popover-open")) panel.hidePopover();
  }

  #show(button, label, ...content) {
    panel.replaceChildren(element("h2", {}, label), ...content);
    panel.setAttribute("aria-label", label);
    if (!panel.matches(":popover-open")) panel.showPopover();
    const box = button.getBoundingClientRect();
    panel.style.left = `${Math.max(8, Math.min(box.left, innerWidth - panel.offsetWidth - 8))}px`;
    panel.style.top = `${Math.max(8, Math.min(box.bottom + 4, innerHeight - panel.offsetHeight - 8))}px`;
    panel.querySelector("input, button")?.focus();
  }

  /** The row of tabs: each takes cards that are dropped on it. */
  tabs(place) {
    const { tabs, tab } = this.model;
    const focused = document.activeElement?.dataset?.dropTab;
    const buttons = tabs.flatMap((one) => {
      const here = one.id === tab;
      const button = element("button", { type: "button", class: "arrange-tab", data: { dropTab: one.id } }, one.title);
      button.setAttribute("aria-pressed", String(here));
      if (!here) return [button];
      const menu = element("button", { type: "button", class: "btn quiet icon-only small", data: { tabMenu: "" }, ariaLabel: `Rename, move or delete the tab ${one.title}`, ariaHasPopup: "dialog" }, icon("i-edit"));
      return [element("span", { class: "arrange-here" }, button, menu)];
    });
    const add = element("button", { type: "button", class: "btn quiet small", data: { addTab: "" } }, icon("i-plus"), "Add a tab");
    place.replaceChildren(...buttons, add);
    if (focused) place.querySelector(`[data-drop-tab="${CSS.escape(focused)}"]`)?.focus();
  }

  /** Rename, move and delete the tab in view. */
  tab(button) {
    const { model, arranger } = this;
    const tab = model.tabs.find((one) => one.id === model.tab);
    const title = element("input", { class: "input", value: tab.title, maxLength: 60, required: true, autocomplete: "off" });
    const form = element("form", { class: "stack" }, element("label", { class: "field" }, element("span", {}, "Title"), title));
    const move = (step, label) => {
      const made = element("button", { type: "button", class: "btn small" }, label);
      const at = model.tabs.findIndex((one) => one.id === tab.id) + step;
      made.disabled = at < 0 || at >= model.tabs.length;
      made.addEventListener("click", () => (arranger.step(() => model.moveTab(tab.id, step), "Moved."), this.tab(this.#menu())));
      return made;
    };
    const remove = element("button", { type: "button", class: "btn quiet small wrong" }, "Delete");
    const first = model.tabs.find((one) => one.id !== tab.id);
    const after = first ? `its cards move to ${first.title}` : "its cards stay, and the dashboard is one page again";
    remove.addEventListener("click", () => {
      this.close();
      arranger.step(() => model.deleteTab(tab.id), `The tab ${tab.title} was deleted.`);
      arranger.go(model.tab);
    });
    form.append(element("div", { class: "row" }, move(-1, "Move left"), move(1, "Move right")), element("p", { class: "muted small" }, `When it is deleted, ${after}.`), element("div", { class: "spread" }, remove, element("button", { class: "btn primary small" }, "Rename")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = title.value.trim();
      this.close();
      if (name) arranger.step(() => model.rename(tab.id, name), `The tab is called ${name}.`);
      this.#menu()?.focus();
    });
    this.#show(button, "Tab", form);
    title.select();
  }

  #menu() {
    return this.arranger.tabs.querySelector("[data-tab-menu]");
  }

  layouts(button, layouts) {
    const list = element("div", { class: "layout-list" });
    for (const layout of layouts) {
      const words = element("span", {}, element("b", {}, layout.title), element("span", { class: "muted small" }, layout.description));
      const choice = element("button", { type: "button", class: "layout-choice", data: { name: layout.name } }, picture(layout.slots), words);
      choice.addEventListener("click", () => {
        this.close();
        this.arranger.step((model) => model.apply(layout), `The layout ${layout.title} was taken.`);
        button.focus();
      });
      list.append(choice);
    }
    this.#show(button, "Sizes by a layout", list);
  }

  toTab(button, id) {
    const list = element("ul", { class: "options" });
    for (const tab of this.model.tabs.filter((one) => one.id !== this.model.tab)) {
      const choice = element("button", { type: "button", class: "check" }, tab.title);
      choice.addEventListener("click", () => {
        this.close();
        const { title } = this.model.card(id);
        this.arranger.step((model) => model.toTab(id, tab.id), `${title} stands on ${tab.title} now.`);
        this.arranger.grid.querySelector("[data-widget]")?.focus({ preventScroll: true });
      });
      list.append(element("li", {}, choice));
    }
    this.#show(button, "Move to", list);
  }
}
