// Names in links follow the titles in rows that are added, too: the theme tells Django's own script of none.

const fields = JSON.parse(document.getElementById("django-admin-prepopulated-fields-constants").dataset.prepopulatedFields);

document.addEventListener("formset:added", ({ target, detail }) => {
  const start = `id_${detail.formsetName}-`;
  for (const { id, name, dependency_ids: sources, maxLength, allowUnicode } of fields) {
    if (!id.startsWith(`#${start}__prefix__`)) continue;
    const [made] = target.querySelectorAll(`[id^="${start}"][id$="-${name}"]`);
    const number = made.id.slice(start.length).split("-")[0];
    const own = sources.map((source) => source.replace("__prefix__", number));
    window.django.jQuery(made).prepopulate(own, maxLength, allowUnicode);
  }
});
