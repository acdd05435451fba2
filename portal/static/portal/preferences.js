// The form of preferences offers the zone of this device.

const field = document.getElementById("id_time_zone");
const offer = document.querySelector("[data-device-zone]");
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();

function look() {
  offer.hidden = !timeZone || field.value === timeZone;
  offer.textContent = `Take the zone of this device, ${timeZone?.replaceAll("_", " ")}`;
}

offer.addEventListener("click", () => {
  field.value = timeZone;
  field.focus();
  look();
});
field.addEventListener("input", look);
look();
