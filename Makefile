# make run | test | check | audit | bench. PORT=8081 make run; PYTHON=python3.12 make run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

.PHONY: run test check audit bench

run: $(VENV)/requirements.stamp
	@exec $(BIN)/python manage.py serve

test: $(VENV)/requirements-dev.stamp
	@command -v slapd > /dev/null || [ -x /usr/sbin/slapd ] \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null \
	       && echo "Installing slapd for the tests of LDAP ..." \
	       && apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	          apt-get install -y -qq --no-install-recommends slapd > /dev/null; } \
	  || echo "The tests of LDAP are skipped: they need slapd, e.g. apt-get install slapd."
	@$(BIN)/python -m playwright --version > /dev/null
	@command -v chromium > /dev/null || command -v chromium-browser > /dev/null \
	  || command -v google-chrome > /dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null \
	       && echo "Installing Chromium for the browser tests ..." \
	       && apt-get update -qq && apt-get install -y -qq chromium > /dev/null; } \
	  || { echo "The browser tests need Chromium: install it, e.g. apt-get install chromium." >&2; exit 1; }
	@PATH="$$PATH:/usr/sbin" command -v mariadbd > /dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null \
	       && echo "Installing MariaDB for the tests of sources ..." \
	       && apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	          apt-get install -y -qq --no-install-recommends mariadb-server > /dev/null; } \
	  || { echo "The tests of sources need MariaDB: install it, e.g. apt-get install mariadb-server." >&2; exit 1; }
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/requirements-dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml .
	$(BIN)/python manage.py makemigrations --check --dry-run

# Not part of check: it needs a network, and says so when it cannot look at a package.
audit: $(VENV)/requirements-dev.stamp
	$(BIN)/pip-audit --strict --progress-spinner off || { echo \
	  "Not clean: a package has a known fault, or the advisory service could not be asked." >&2; exit 1; }

bench: $(VENV)/requirements-dev.stamp
	$(BIN)/python -m pytest -m soak
	$(BIN)/python -m bench

# The stamps are newer than what they were made from, so an unchanged list costs nothing.
$(VENV)/requirements.stamp: requirements.txt | $(BIN)/python
	@echo "Installing requirements ..."
	@$(PIP) install -r requirements.txt
	@touch $@

# python-ldap, for the tests of single sign-on, is built from its source.
$(VENV)/requirements-dev.stamp: requirements-dev.txt requirements-sso.txt requirements.txt \
                                | $(BIN)/python
	@[ -e /usr/include/ldap.h ] \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null \
	       && echo "Installing the headers of OpenLDAP for python-ldap ..." \
	       && apt-get update -qq && apt-get install -y -qq --no-install-recommends \
	          gcc python3-dev libldap2-dev libsasl2-dev > /dev/null; } \
	  || { echo "python-ldap needs the headers of OpenLDAP and SASL, e.g. apt-get install gcc \
	python3-dev libldap2-dev libsasl2-dev." >&2; exit 1; }
	@echo "Installing development requirements ..."
	@$(PIP) install -r requirements-dev.txt
	@touch $@ $(VENV)/requirements.stamp

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
	  "The portal needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). \
	Name another one: PYTHON=python3.12 make run" >&2; exit 1; }
	@echo "Making the virtual environment $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
