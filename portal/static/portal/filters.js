// The choices above a dashboard: chips, their panels, and the page's address that says them all.

import { ask } from "./shell.js";

const SEARCH_WAIT = 200; // ms after the last key
const panel = document.getElementById("panel");

function element(tag, properties = {}, ...children) {
  const { class: className, data = {}, ...rest } = properties;
  const made = Object.assign(document.createElement(tag), rest);
  if (className) made.className = className;
  Object.assign(made.dataset, data);
  made.append(...children);
  return made;
}

function field(label, input) {
  const made = element("label", { class: "field" }, element("span", {}, label), input);
  input.classList.add("input");
  return made;
}

/** `change(query)` is called when something was chosen; `query` has no leading question mark. */
export class Choices {
  constructor(state, change) {
    this.params = new URLSearchParams(state);
    this.change = change;
    this.opener = null;
    const bar = () => document.getElementById("bar");
    document.addEventListener("click", (event) => {
      const button = event.target.closest("#bar button");
      if (!button) return;
      if (button.dataset.filter) this.open(button);
      else if (button.dataset.clear) this.set(button.dataset.clear, []);
      else if ("reset" in button.dataset) this.reset();
      else if ("openBar" in button.dataset) button.setAttribute("aria-expanded", String(bar().classList.toggle("open")));
      else if ("views" in button.dataset) this.openViews(button);
    });
    panel.addEventListener("toggle", ({ newState }) => {
      this.opener?.setAttribute("aria-expanded", String(newState === "open"));
      if (newState === "closed") clearTimeout(this.searching);
    });
  }

  get query() {
    return this.params.toString();
  }

  /** Whether anything is chosen besides the tab. */
  get any() {
    return [...this.params.keys()].some((name) => name !== "tab");
  }

  /** What the server says the choices are: its writing of them, with all that holds. */
  take(state) {
    this.params = new URLSearchParams(state);
  }

  set(name, values) {
    this.params.delete(name);
    this.params.delete("view");
    for (const value of values) this.params.append(name, value);
    if (!values.length && this.entry(name)) this.params.append(name, "*");
    for (const chip of document.querySelectorAll(`#bar [data-depends-on="${CSS.escape(name)}"]`)) this.params.delete(chip.dataset.filter);
    if (!this.any && "starts" in document.getElementById("bar").dataset) this.params.set("view", "*");
    this.close();
    this.change(this.query);
  }

  /** A mark was clicked on a card; clicked again it counts no more. */
  pick(widget, column, values) {
    const name = `x.${widget}.${column}`;
    if (this.params.getAll(name).join("\n") === values.join("\n") && this.params.has(name) === values.length > 0) return;
    this.set(name, values);
  }

  /** By a value of a column that a list above the page limits. */
  narrow(column, value) {
    const chips = [...document.querySelectorAll("#bar [data-filter]")].map((chip) => this.entry(chip.dataset.filter));
    const own = chips.find((entry) => entry?.columns.includes(column) && ["choice", "choices"].includes(entry.kind));
    if (own) this.set(own.name, [value]);
  }

  picked(widget) {
    const prefix = `x.${widget}.`;
    return [...this.params].filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(prefix.length), value]);
  }

  reset() {
    const tab = this.params.get("tab");
    this.params = new URLSearchParams(tab ? { tab } : {});
    this.change(this.query);
  }

  entry(name) {
    const script = document.getElementById(`filter-${name}`);
    return script ? JSON.parse(script.textContent) : null;
  }

  close() {
    if (panel.matches(":popover-open")) panel.hidePopover();
  }

  show(button, ...content) {
    this.opener = button;
    panel.replaceChildren(...content);
    panel.setAttribute("aria-label", button.dataset.label ?? "Views");
    if (!panel.matches(":popover-open")) panel.showPopover();
    const box = button.getBoundingClientRect();
    panel.style.left = `${Math.max(8, Math.min(box.left, innerWidth - panel.offsetWidth - 8))}px`;
    panel.style.top = `${Math.max(8, Math.min(box.bottom + 4, innerHeight - panel.offsetHeight - 8))}px`;
    panel.querySelector("[autofocus], input, button")?.focus();
  }

  open(button) {
    if (this.opener === button && panel.matches(":popover-open")) return this.close();
    const { filter: name, kind } = button.dataset;
    this.opener = button;
    const make = { period: "period", choice: "list", choices: "list", numbers: "numbers", text: "text", boolean: "boolean", compare: "compare" }[kind];
    this.show(button, ...this[make](name, this.entry(name), button));
    if (make === "list") this.fill(name, "");
  }

  options(name, choices, current) {
    const list = element("ul", { class: "options", role: "listbox", ariaLabel: this.opener?.dataset.label ?? name });
    for (const [value, label] of choices) {
      const chosen = current.includes(value);
      const item = element("button", { type: "button", class: `check${chosen ? " at" : ""}`, role: "option", ariaSelected: String(chosen) }, label);
      item.addEventListener("click", () => this.set(name, value === "" ? [] : [value]));
      list.append(element("li", { role: "presentation" }, item));
    }
    return list;
  }

  period(name, entry) {
    const from = element("input", { type: "date", value: entry.from });
    const to = element("input", { type: "date", value: entry.to });
    const rolling = element("input", { value: "", placeholder: "45d, 12w, 6m", maxLength: 6, autocomplete: "off" });
    const wrong = element("p", { class: "wrong small", role: "alert", hidden: true });
    const form = element("form", { class: "stack days" }, element("div", { class: "row" }, field("From", from), field("To", to)), field("Or the last", rolling), wrong, element("div", { class: "spread" }, element("span"), element("button", { class: "btn primary small" }, "Apply")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const span = rolling.value.trim().toLowerCase();
      const fits = span ? /^[1-9]\d{0,3}[hdwm]$/.test(span) : from.value && (!to.value || to.value >= from.value);
      wrong.textContent = span ? "Write a number and h, d, w or m, such as 45d." : "Choose a first day, and a last one that is not before it.";
      wrong.hidden = Boolean(fits);
      if (fits) this.set(name, [span || `${from.value}..${to.value}`]);
    });
    const presets = entry.presets.map(({ value, label }) => [value, label]);
    if (!entry.required) presets.push(["", "All times"]);
    return [this.options(name, presets, entry.values.length ? entry.values : [""]), form];
  }

  compare(name) {
    const choices = [["", "As the cards do"], ["previous", "The period before"], ["year", "The year before, same weekdays"]];
    const list = this.options(name, choices, [this.params.get("compare") ?? ""]);
    return [list];
  }

  boolean(name, entry) {
    const choices = [["true", "Yes"], ["false", "No"]];
    if (!entry.required) choices.unshift(["", "All"]);
    return [this.options(name, choices, entry.values.length ? entry.values : [""])];
  }

  /** `wrong()` says why what was written is no choice; nothing where it is one. */
  asked(name, entry, inputs, value, wrong = () => "") {
    const clear = element("button", { type: "button", class: "btn quiet small", hidden: entry.required }, "Clear");
    const said = element("p", { class: "wrong small", role: "alert", hidden: true });
    const form = element("form", { class: "stack" }, ...inputs, said, element("div", { class: "spread" }, clear, element("button", { class: "btn primary small" }, "Apply")));
    clear.addEventListener("click", () => this.set(name, []));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const found = value();
      said.textContent = wrong();
      said.hidden = !said.textContent;
      if (said.hidden) this.set(name, found ? [found] : []);
    });
    return [form];
  }

  numbers(name, entry, button) {
    const [from, to] = [entry.from, entry.to].map((value) => element("input", { type: "number", step: "any", value }));
    const value = () => (from.value || to.value ? `${from.value}..${to.value}` : "");
    const wrong = () => (from.value && to.value && Number(to.value) < Number(from.value) ? "Choose an end that is not below the beginning." : "");
    return this.asked(name, entry, [element("div", { class: "row" }, field(`${button.dataset.label} from`, from), field("to", to))], value, wrong);
  }

  text(name, entry, button) {
    const input = element("input", { type: "search", value: entry.values[0] ?? "", maxLength: 200 });
    return this.asked(name, entry, [field(`${button.dataset.label} contains`, input)], () => input.value.trim());
  }

  /** Values with their rows, fetched when the panel opens and while somebody searches. */
  list(name, entry, button) {
    const several = entry.kind === "choices";
    this.marked = new Set(entry.values);
    const search = element("input", { type: "search", placeholder: `Search ${button.dataset.label.toLowerCase()}`, autocomplete: "off", ariaLabel: `Search ${button.dataset.label}` });
    search.classList.add("input");
    search.addEventListener("input", () => {
      clearTimeout(this.searching);
      this.searching = setTimeout(() => this.fill(name, search.value.trim()), SEARCH_WAIT);
    });
    const values = element("div", { class: "values", role: "group", ariaLabel: button.dataset.label });
    const walk = (event) => {
      const stops = [search, ...values.querySelectorAll("input")];
      const to = stops.indexOf(event.target) + ({ ArrowDown: 1, ArrowUp: -1 }[event.key] ?? NaN);
      if (event.key === "Enter" && event.target !== search) several ? apply.click() : event.target.click();
      else if (stops[to]) stops[to].focus();
      else if (event.target === search || !event.key.startsWith("Arrow")) return;
      event.preventDefault(); // arrows would choose at once where only one is chosen
    };
    search.addEventListener("keydown", walk);
    values.addEventListener("keydown", walk);
    const said = element("span", { class: "muted small", role: "status" }, "Loading ...");
    const clear = element("button", { type: "button", class: "btn quiet small", hidden: entry.required }, "Clear");
    const apply = element("button", { type: "button", class: "btn primary small", hidden: !several }, "Apply");
    clear.addEventListener("click", () => this.set(name, []));
    apply.addEventListener("click", () => this.set(name, [...this.marked]));
    this.listed = { values, said, several };
    return [search, values, element("div", { class: "spread" }, clear, said, apply)];
  }

  async fill(name, search) {
    const listed = this.listed;
    const query = new URLSearchParams(this.params);
    if (search) query.set("search", search);
    const response = await ask(`${location.pathname}filters/${name}?${query}`).catch(() => null);
    if (listed !== this.listed) return;
    const found = await response?.json().catch(() => null);
    if (!found) {
      const again = element("button", { type: "button", class: "link" }, "Try again");
      again.addEventListener("click", () => this.fill(name, search));
      return listed.said.replaceChildren("The portal does not answer. ", again);
    }
    if (!response.ok) return void (listed.said.textContent = found.error);
    listed.values.replaceChildren(...found.values.map((one) => this.choice(name, one, listed)));
    const shown = found.values.length;
    listed.said.textContent = shown < found.total ? `${shown} of ${found.total}: search for more` : `${found.total} ${found.total === 1 ? "value" : "values"}`;
  }

  choice(name, { value, label, rows }, { several }) {
    const box = element("input", { type: several ? "checkbox" : "radio", name: "value", value, checked: this.marked.has(value) });
    box.addEventListener("change", () => {
      if (!several) return this.set(name, [value]);
      if (box.checked) this.marked.add(value);
      else this.marked.delete(value);
    });
    return element("label", { class: "check" }, box, element("span", { class: "cut" }, label), element("span", { class: "end" }, rows));
  }

  async openViews(button) {
    if (this.opener === button && panel.matches(":popover-open")) return this.close();
    const response = await ask(`${location.pathname}views?${this.query}`);
    if (!response?.ok) return;
    const box = element("div", { class: "stack" });
    box.innerHTML = await response.text(); // the portal's own template
    box.addEventListener("click", ({ target }) => this.viewClicked(target.closest("button"), button));
    box.querySelector("form").addEventListener("submit", (event) => this.keep(event, button));
    this.show(button, box);
  }

  async viewClicked(button) {
    if (button?.dataset.takeView) {
      const tab = this.params.get("tab");
      this.params = new URLSearchParams({ view: button.dataset.takeView, ...(tab && { tab }) });
      this.close();
      this.change(this.query);
    } else if (button?.dataset.deleteView) {
      const response = await ask(button.dataset.deleteView, { method: "POST", headers: { "X-CSRFToken": token() } });
      if (response?.ok) button.closest("li").remove();
    }
  }

  async keep(event, button) {
    event.preventDefault();
    const form = event.target;
    const body = new FormData(form);
    body.set("query", this.query);
    const response = await ask(form.dataset.saveView, { method: "POST", headers: { "X-CSRFToken": token() }, body });
    if (!response) return;
    if (response.ok) {
      this.close();
      return this.openViews(button);
    }
    const wrong = form.querySelector("[role=alert]");
    wrong.textContent = (await response.json()).error;
    wrong.hidden = false;
  }
}

export function token() {
  return document.querySelector("[name=csrfmiddlewaretoken]").value;
}
