// Names with commas: the browser offers known ones for the name under way, not only for the first.

document.addEventListener("input", (event) => {
  const field = event.target.closest("[data-names] input");
  if (!field) return;
  const before = field.value.slice(0, field.value.lastIndexOf(",") + 1);
  const given = new Set(before.split(",").map((name) => name.trim()));
  for (const option of field.list.options) {
    option.dataset.name ??= option.value;
    option.disabled = given.has(option.dataset.name);
    option.value = before ? `${before} ${option.dataset.name}` : option.dataset.name;
  }
});
