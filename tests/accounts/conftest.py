from tests.factories.fixtures import browser, fresh, world  # noqa: F401
