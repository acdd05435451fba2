from tests.factories.fixtures import browser, fresh, lasting_world, world  # noqa: F401
