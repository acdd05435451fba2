// Passkeys: asks the portal for a challenge, the browser for the answer, and sends it back.

const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const bytes = (said) => Uint8Array.from(
  atob(said.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

function read({ publicKey }) {
  const options = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (options.user) options.user = { ...options.user, id: bytes(options.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) options[list] = options[list].map((one) => ({ ...one, id: bytes(one.id) }));
  }
  return options;
}

function written(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
    clientExtensionResults: {} };
}

async function ask(address, token, content = {}) {
  const answer = await fetch(address, {
    method: "POST", body: JSON.stringify(content),
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(said.error ?? "The portal did not answer. Try again."), said);
  return said;
}

async function use(place) {
  const { passkey, options, answer } = place.dataset;
  const token = place.querySelector("[name=csrfmiddlewaretoken]").value;
  const publicKey = read(await ask(options, token));
  const credential = await navigator.credentials[passkey]({ publicKey });
  const name = place.querySelector("input.input")?.value;
  const said = await ask(answer, token, { ...written(credential), ...(name === undefined ? {} : { name }) });
  if (said.next) location.assign(said.next);
  else location.reload();
}

for (const place of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  place.hidden = false;
  const button = place.querySelector("button");
  const wrong = place.querySelector("[role=alert]");
  button.addEventListener("click", async () => {
    wrong.hidden = true;
    button.disabled = true;
    try {
      await use(place);
    } catch (error) {
      if (error.confirm) return location.assign(place.dataset.confirm);
      wrong.textContent = error.name === "NotAllowedError"
        ? "The browser gave no passkey. Try again, or use another way."
        : error.name === "InvalidStateError" ? "This device has a passkey for you already." : error.message;
      wrong.hidden = false;
    }
    button.disabled = false;
  });
}
