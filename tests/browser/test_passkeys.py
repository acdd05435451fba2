"""Passkeys in a real Chromium, with an authenticator that the browser plays."""

import pytest


@pytest.fixture
def page(portal, chromium):
    context = chromium.new_context(base_url=portal.url.replace("127.0.0.1", "localhost"))
    found = context.new_page()
    devtools = context.new_cdp_session(found)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
               "hasUserVerification": True, "isUserVerified": True,
               "automaticPresenceSimulation": True}  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield found
    context.close()


def give_password(page, portal, username="operations"):
    page.goto("/login/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(portal.passwords[username])
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_passkey_is_added_is_the_second_step_replaces_the_password_and_is_removed(page, portal):
    home = portal.url.replace("127.0.0.1", "localhost") + "/"
    give_password(page, portal)
    page.wait_for_url(home)
    page.goto("/preferences/security/")
    page.get_by_label("Name of the passkey").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_selector("ul.codes")
    code = page.locator("ul.codes li").first.inner_text()
    assert page.locator("ul.list b").first.inner_text() == "My laptop"

    page.context.clear_cookies()
    give_password(page, portal)
    page.wait_for_url("**/login/second/")
    page.get_by_role("button", name="Use my passkey").click()
    page.wait_for_url(home)
    assert page.get_by_role("heading", name="Dashboards").is_visible()

    page.context.clear_cookies()
    page.goto("/login/?next=/preferences/security/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/preferences/security/")

    page.context.clear_cookies()
    give_password(page, portal)
    page.wait_for_url("**/login/second/")
    page.get_by_label("Recovery code").fill(code.lower())
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(home)
    page.goto("/preferences/security/")
    assert "9 left" in page.inner_text("main")
    page.get_by_role("button", name="Remove My laptop").click()
    page.wait_for_selector("text=My laptop is removed.")
