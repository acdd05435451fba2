from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts.viewing_as import as_oneself, for_oneself
from accounts.views import passwords, security, sign_in, single_sign_on

urlpatterns = [
    path("login/", sign_in.SignIn.as_view(), name="login"),
    path("login/second/", sign_in.second_step, name="second-step"),
    path("login/confirm/", for_oneself(sign_in.confirm), name="confirm"),
    path("login/confirm/passkey", for_oneself(sign_in.confirm_passkey), name="confirm-passkey"),
    path("login/passkey", sign_in.passkey_sign_in, name="passkey-sign-in"),
    path("login/passkey/options", sign_in.proof_options, name="proof-options"),
    path("login/sso/", single_sign_on.leave, name="single-sign-on"),
    path("login/sso/back/", single_sign_on.back, name="single-sign-on-back"),
    path("logout/", as_oneself(LogoutView.as_view()), name="logout"),
    path("welcome/<str:key>/", passwords.welcome, name="welcome"),
    path("password/forgot/", passwords.forgot, name="forgot"),
    path("password/new/<str:uidb64>/<str:token>/", passwords.New.as_view(), name="new-password"),
    path("preferences/password/", for_oneself(passwords.Password.as_view()), name="password"),
    path("preferences/security/", for_oneself(security.security), name="security"),
    path("preferences/security/app", for_oneself(security.add_app), name="add-app"),
    path("preferences/security/passkeys", for_oneself(security.add_passkey), name="add-passkey"),
    path("preferences/security/passkeys/options", for_oneself(security.passkey_options),
         name="passkey-options"),
    path("preferences/security/factors/<int:factor_id>/remove", for_oneself(security.remove_factor),
         name="remove-factor"),
    path("preferences/security/codes", for_oneself(security.recovery_codes), name="recovery-codes"),
    path("preferences/security/sessions/end", for_oneself(security.end_other_sessions),
         name="end-other-sessions"),
    path("preferences/security/sessions/<slug:reference>/end", for_oneself(security.end_session),
         name="end-session"),
]  # fmt: skip
