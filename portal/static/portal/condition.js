// Conditions of row rules: comparisons in groups of AND and OR, written as JSON into the form's text
// field. Whatever is not understood stays as text.

const make = (tag, attributes = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...children);
  return element;
};
const button = (text, act, className = "tools-button small") =>
  make("button", { type: "button", className, textContent: text, onclick: act });
const select = (label, options, value, changed) => {
  const element = make("select", { className: "filter-input", onchange: () => changed(element.value) });
  element.setAttribute("aria-label", label);
  element.append(...options.map(([key, text]) => new Option(text, key, false, key === value)));
  return element;
};
const input = (label, value, changed, list) => {
  const element = make("input", { className: "filter-input", value, oninput: () => changed(element.value) });
  element.setAttribute("aria-label", label);
  if (list) element.setAttribute("list", list);
  return element;
};
const isGroup = (node) => Array.isArray(node.all) || Array.isArray(node.any);
const parts = (group) => group.all ?? group.any;

class Editor {
  constructor(place, number) {
    this.place = place;
    this.field = place.querySelector("textarea");
    this.of = JSON.parse(place.querySelector("script").textContent);
    this.names = `attributes-${number}`;
    const held = this.read();
    if (held === null) return; // the text is shown as it is
    this.root = isGroup(held) ? held : { all: Object.keys(held).length ? [held] : [] };
    this.board = make("div", { className: "condition-board" });
    this.field.hidden = true;
    place.append(this.board);
    if (this.of.attributes) {
      place.append(make("datalist", { id: this.names }, ...this.of.attributes.map((name) => new Option(name))));
    }
    this.draw();
  }

  read() {
    try {
      const held = JSON.parse(this.field.value || "{}");
      return held && typeof held === "object" && !Array.isArray(held) ? held : null;
    } catch {
      return null;
    }
  }

  write() {
    this.field.value = JSON.stringify(parts(this.root).length ? this.root : {});
    this.field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  draw() {
    this.board.replaceChildren(
      this.of.columns.length ? this.group(this.root) : make("p", { className: "tools-hint", textContent: "Choose a dataset with columns first." }),
    );
  }

  changed() {
    this.write();
    this.draw();
  }

  group(node, parent) {
    const list = parts(node);
    const join = select("How these join", [["all", "all of these hold"], ["any", "one of these holds"]], node.all ? "all" : "any", (kind) => {
      delete node.all;
      delete node.any;
      node[kind] = list;
      this.changed();
    });
    const head = make("div", { className: "condition-head" }, list.length ? join : make("span", { className: "tools-hint", textContent: "Every row." }));
    if (parent) head.append(this.remover(parent, node, "Remove this group"));
    const add = make("div", { className: "condition-foot" },
      button("Add a comparison", () => { list.push(this.fresh()); this.changed(); }),
      button("Add a group", () => { list.push({ any: [this.fresh()] }); this.changed(); }));
    return make("div", { className: "condition-group" }, head,
      ...list.map((part) => (isGroup(part) ? this.group(part, list) : this.comparison(part, list))), add);
  }

  fresh() {
    return { column: this.of.columns[0][0], op: "in", ...(this.of.attributes ? { attribute: "" } : { value: [""] }) };
  }

  remover(list, node, label) {
    const element = button("×", () => { list.splice(list.indexOf(node), 1); this.changed(); }, "filter-remove");
    element.title = label;
    element.setAttribute("aria-label", label);
    return element;
  }

  comparison(node, list) {
    const columns = this.of.columns.map(([name, label]) => [name, label]);
    if (!columns.some(([name]) => name === node.column)) columns.push([node.column, `${node.column} (gone)`]);
    const row = make("div", { className: "condition-row" },
      select("Column", columns, node.column, (name) => { node.column = name; this.write(); }),
      select("Comparison", this.of.operators, node.op, (op) => this.compare(node, op)));
    if (!this.of.alone.includes(node.op)) row.append(...this.value(node));
    row.append(this.remover(list, node, "Remove this comparison"));
    return row;
  }

  compare(node, op) {
    const text = this.text(node);
    node.op = op;
    if (this.of.alone.includes(op)) {
      delete node.value;
      delete node.attribute;
    } else if (node.attribute === undefined) {
      this.setValue(node, text);
    }
    this.changed();
  }

  text(node) {
    return Array.isArray(node.value) ? node.value.join(", ") : String(node.value ?? "");
  }

  setValue(node, text) {
    const list = this.of.lists.includes(node.op);
    node.value = list ? text.split(",").map((one) => one.trim()).filter(Boolean) : text;
  }

  value(node) {
    const byAttribute = node.attribute !== undefined;
    const written = byAttribute
      ? input("Attribute", node.attribute, (text) => { node.attribute = text; this.write(); }, this.names)
      : input("Value", this.text(node), (text) => { this.setValue(node, text); this.write(); });
    written.placeholder = byAttribute ? "country" : this.of.lists.includes(node.op) ? "DE, AT" : "";
    if (!this.of.attributes) return [written];
    const kinds = [["attribute", "the person's attribute"], ["value", "the value"]];
    const kind = select("Compared with", kinds, byAttribute ? "attribute" : "value", (chosen) => {
      const before = byAttribute ? "" : this.text(node);
      delete node.attribute;
      delete node.value;
      if (chosen === "attribute") node.attribute = "";
      else this.setValue(node, before);
      this.changed();
    });
    return [kind, written];
  }
}

document.querySelectorAll("[data-condition]").forEach((place, number) => new Editor(place, number));
// A new rule: the columns are those of the dataset that is chosen.
const dataset = document.querySelector("select[name='rule-dataset']");
dataset?.addEventListener("change", () => {
  if (dataset.value) location.search = new URLSearchParams({ dataset: dataset.value });
});
