import factory
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission


class RoleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Group
        django_get_or_create = ["name"]

    name = factory.Sequence("Role {}".format)


class PersonFactory(factory.django.DjangoModelFactory):
    """``roles`` and ``may`` take names, as in PersonFactory(may=["change_dataset"])."""

    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    username = factory.Sequence("person{}".format)

    @factory.post_generation
    def roles(self, create, names, **kwargs):
        self.groups.set([RoleFactory(name=name) for name in names or []])

    @factory.post_generation
    def may(self, create, codenames, **kwargs):
        wanted = Permission.objects.filter(codename__in=codenames or [])
        assert len(wanted) == len(codenames or []), f"No such permission among {codenames}."
        self.user_permissions.add(*wanted)

    @factory.post_generation
    def usual(self, create, wanted, **kwargs):
        """What most of the shipped roles let their people do."""
        if wanted is not False:
            usual = ("export_dashboard", "explore_dataset")
            self.user_permissions.add(*Permission.objects.filter(codename__in=usual))
