// Columns in an order: when the last list has a column, there is an empty one for the next.

document.addEventListener("change", (event) => {
  const place = event.target.closest("[data-columns]");
  const lists = place ? [...place.querySelectorAll("select")] : [];
  const last = lists.at(-1);
  if (!last?.value || lists.length > last.options.length - 2) return;
  const made = place.lastElementChild.cloneNode(true); // with the arrow of the admin's theme
  const list = made.querySelector("select");
  list.removeAttribute("id");
  list.required = false;
  list.selectedIndex = 0;
  list.setAttribute("aria-label", `Column ${lists.length + 1}`);
  place.append(made);
});
