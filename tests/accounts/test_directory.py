"""LDAP against a real slapd; skipped where the optional parts or slapd are missing."""

import shutil
import socket
import subprocess
import time

import pytest
from django.conf import settings as configured
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse

from accounts.models import Identity, User
from tests.factories.people import PersonFactory, RoleFactory

pytest.importorskip("django_auth_ldap", reason="requirements-sso.txt is not installed")
SLAPD = shutil.which("slapd", path="/usr/sbin:/usr/local/sbin:/usr/local/libexec:/usr/libexec")
pytestmark = pytest.mark.skipif(not SLAPD, reason="slapd is not installed: apt-get install slapd")

CONFIG = """
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
modulepath {modules}
moduleload back_mdb
pidfile {folder}/slapd.pid
database mdb
directory {folder}
suffix "dc=example,dc=com"
rootdn "cn=reader,dc=example,dc=com"
rootpw reading
"""
PEOPLE = """
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: uid=anna,dc=example,dc=com
objectClass: inetOrgPerson
uid: anna
cn: Anna
givenName: Anna
sn: Keller
mail: anna@example.com
departmentNumber: Sales
userPassword: in the directory

dn: uid=ben,dc=example,dc=com
objectClass: inetOrgPerson
uid: ben
cn: Ben
sn: Fox
userPassword: in the directory

dn: cn=bi-analysts,dc=example,dc=com
objectClass: groupOfNames
cn: bi-analysts
member: uid=anna,dc=example,dc=com
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slapd")
    modules = next(iter(sorted({str(p.parent) for p in _find("back_mdb*")})), "/usr/lib/ldap")
    config, ldif = folder / "slapd.conf", folder / "people.ldif"
    config.write_text(CONFIG.format(folder=folder, schema="/etc/ldap/schema", modules=modules))
    ldif.write_text(PEOPLE)
    subprocess.run([SLAPD, "-T", "add", "-f", config, "-l", ldif], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"ldap://127.0.0.1:{port}"
    process = subprocess.Popen(
        [SLAPD, "-f", config, "-h", url, "-d", "0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(port)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _find(pattern):
    from pathlib import Path

    for folder in ("/usr/lib/ldap", "/usr/lib64/openldap", "/usr/libexec/openldap"):
        yield from Path(folder).glob(pattern)


def _wait(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("slapd did not start")


@pytest.fixture
def directory(address, db, settings):
    for name, value in {
        "LDAP_URL": address, "LDAP_START_TLS": False, "LDAP_PEOPLE": "dc=example,dc=com",
        "LDAP_GROUPS": "dc=example,dc=com", "LDAP_BIND_DN": "cn=reader,dc=example,dc=com",
        "LDAP_BIND_PASSWORD": "reading", "SSO_ROLES": {"bi-analysts": "Analyst"},
        "SSO_ATTRIBUTES": {"team": "departmentNumber"},
        "AUTHENTICATION_BACKENDS": [*configured.AUTHENTICATION_BACKENDS,
                                    "accounts.directory.Directory"],
    }.items():  # fmt: skip
        setattr(settings, name, value)
    RoleFactory(name="Analyst")


def knock(name, password="in the directory", client=None):
    given = {"username": name, "password": password}
    return (client or Client()).post(reverse("login"), given)


def test_a_person_of_the_directory_signs_in_with_roles_and_attributes(directory):
    client = Client()
    answer = knock("anna", client=client)

    anna = User.objects.get(username="anna")
    assert answer.status_code == 302
    assert client.get("/preferences/").context["user"] == anna
    assert [role.name for role in anna.groups.all()] == ["Analyst"]
    assert anna.attributes == {"team": "Sales"}
    assert (anna.get_full_name(), anna.email) == ("Anna Keller", "anna@example.com")
    assert not anna.has_usable_password()
    knock("ANNA")
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "password"),
    [("anna", "wrong"), ("anna", ""), ("nobody", "in the directory"),
     ("*", "in the directory"), ("anna)(uid=*", "in the directory"),
     ("reader", "reading")],
)  # fmt: skip
def test_what_is_not_right_there_opens_nothing(directory, name, password):
    client = Client()
    knock(name, password, client)

    assert client.get("/").status_code == 302
    assert not User.objects.exists()


def test_an_account_of_the_same_name_is_not_taken_over_until_it_is_connected(directory):
    own = PersonFactory(username="ben", is_superuser=True, password=make_password("here alone 12"))
    refused = knock("ben")
    here = knock("ben", "here alone 12")
    knock("anna")
    subject = User.objects.get(username="anna").identities.get().subject
    Identity.objects.update(user=own)

    assert (refused.status_code, here.status_code) == (200, 302)
    assert len(subject) == 36
    assert knock("anna").status_code == 302


def test_the_lock_counts_for_the_directory_too(directory, settings):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        knock("anna", "wrong")

    assert knock("anna").status_code == 429


def test_it_is_asked_again_before_security_settings(directory):
    client = Client()
    knock("anna", client=client)
    session = client.session
    session["proved_at"] = 0
    session.save()
    confirm = reverse("confirm")

    assert "not your password" in client.post(confirm, {"password": "wrong"}).content.decode()
    assert client.post(confirm, {"password": "in the directory"}).status_code == 302
    assert client.get(reverse("add-app")).status_code == 200


def test_a_directory_that_is_away_lets_local_people_in(directory, settings):
    settings.LDAP_URL = "ldap://127.0.0.1:1"
    PersonFactory(username="ben", password=make_password("here alone 12"))

    assert knock("ben", "here alone 12").status_code == 302
    assert knock("anna").status_code == 200
