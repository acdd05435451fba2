from django.db import migrations


def share(apps, schema_editor):
    """Until now everybody who might change datasets wrote SQL on every source."""
    Source, Group = apps.get_model("datasets.Source"), apps.get_model("auth.Group")
    writers = Group.objects.filter(permissions__codename__in=["add_dataset", "change_dataset"])
    keepers = Group.objects.filter(permissions__codename="change_source")
    for source in Source.objects.all():
        source.view_roles.set(writers.distinct())
        source.edit_roles.set(keepers.distinct())


class Migration(migrations.Migration):
    dependencies = [("datasets", "0006_grants_on_sources"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(share, migrations.RunPython.noop, elidable=True)]
