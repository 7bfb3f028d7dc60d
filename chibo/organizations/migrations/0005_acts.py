"""Dated names and kinds of units, acts on units with what each did."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from chibo.core.spans import chain_key

IN_ACTION = """
select set_config('pghistory.context_id', gen_random_uuid()::text, true), set_config('pghistory.context_metadata',
    json_build_object('action', 'organizations.dated', 'user', null, 'at', now())::text, true)
"""
FIRST_SPANS = """
insert into organizations_unit{what} (unit_id, {what}, from_on, decision)
select u.id, u.{what}, date '0001-01-01', '' from organizations_unit u
"""
OUT_OF_IT = "select set_config('pghistory.context_id', '', true), set_config('pghistory.context_metadata', '', true)"


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0004_sums"),  # changes of kinds are marked there
        ("organizations", "0004_grants_taken_back"),
        ("indicators", "0004_sums"),  # the marks its triggers write
        ("pghistory", "0007_auto_20250421_0444"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Act",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("found", "Founded"),
                            ("rename", "Renamed"),
                            ("change_kind", "Kind changed"),
                            ("move", "Moved"),
                            ("merge", "Merged"),
                            ("split", "Split"),
                            ("dissolve", "Dissolved"),
                            ("reopen", "Opened again"),
                        ],
                        max_length=20,
                    ),
                ),
                ("on", models.DateField()),
                ("decision", models.CharField(blank=True, max_length=500)),
                ("given", models.JSONField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("planned", "To come"),
                            ("done", "Done"),
                            ("reversed", "Reversed"),
                            ("failed", "Could not be done"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("context", models.UUIDField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("known", models.JSONField(blank=True, default=dict)),
                ("reasons", models.JSONField(blank=True, default=list)),
                ("reversed_at", models.DateTimeField(blank=True, null=True)),
                ("reversed_context", models.UUIDField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ActEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("found", "Founded"),
                            ("rename", "Renamed"),
                            ("change_kind", "Kind changed"),
                            ("move", "Moved"),
                            ("merge", "Merged"),
                            ("split", "Split"),
                            ("dissolve", "Dissolved"),
                            ("reopen", "Opened again"),
                        ],
                        max_length=20,
                    ),
                ),
                ("on", models.DateField()),
                ("decision", models.CharField(blank=True, max_length=500)),
                ("given", models.JSONField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("planned", "To come"),
                            ("done", "Done"),
                            ("reversed", "Reversed"),
                            ("failed", "Could not be done"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("context", models.UUIDField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("known", models.JSONField(blank=True, default=dict)),
                ("reasons", models.JSONField(blank=True, default=list)),
                ("reversed_at", models.DateTimeField(blank=True, null=True)),
                ("reversed_context", models.UUIDField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ActRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table", models.CharField(max_length=60)),
                ("row", models.BigIntegerField()),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ActUnit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "part",
                    models.CharField(
                        choices=[
                            ("subject", "The unit itself"),
                            ("from", "What it came from"),
                            ("into", "What became of it"),
                            ("parent", "The unit above"),
                        ],
                        max_length=10,
                    ),
                ),
                ("code", models.CharField(max_length=500)),
                ("name", models.CharField(max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name="UnitKind",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("central", "Central Committee"),
                            ("province", "Provincial committee"),
                            ("district", "District committee"),
                            ("grassroots_committee", "Grassroots committee"),
                            ("grassroots_cell", "Grassroots cell"),
                            ("sub_committee", "Sub-committee"),
                            ("cell", "Cell"),
                        ],
                        max_length=30,
                    ),
                ),
                ("from_on", models.DateField()),
                ("to_on", models.DateField(null=True)),
                ("prev_to", models.DateField(null=True)),
                ("decision", models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name="UnitKindEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("central", "Central Committee"),
                            ("province", "Provincial committee"),
                            ("district", "District committee"),
                            ("grassroots_committee", "Grassroots committee"),
                            ("grassroots_cell", "Grassroots cell"),
                            ("sub_committee", "Sub-committee"),
                            ("cell", "Cell"),
                        ],
                        max_length=30,
                    ),
                ),
                ("from_on", models.DateField()),
                ("to_on", models.DateField(null=True)),
                ("prev_to", models.DateField(null=True)),
                ("decision", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="UnitName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=500)),
                ("from_on", models.DateField()),
                ("to_on", models.DateField(null=True)),
                ("prev_to", models.DateField(null=True)),
                ("decision", models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name="UnitNameEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("name", models.CharField(max_length=500)),
                ("from_on", models.DateField()),
                ("to_on", models.DateField(null=True)),
                ("prev_to", models.DateField(null=True)),
                ("decision", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unit",
            trigger=pgtrigger.compiler.Trigger(
                name="first_spans",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO organizations_unitname (unit_id, name, from_on, decision) SELECT n.id, n.name, date '0001-01-01', '' FROM new_rows n WHERE NOT EXISTS (SELECT FROM organizations_unitname s WHERE s.unit_id = n.id); INSERT INTO organizations_unitkind (unit_id, kind, from_on, decision) SELECT n.id, n.kind, date '0001-01-01', '' FROM new_rows n WHERE NOT EXISTS (SELECT FROM organizations_unitkind s WHERE s.unit_id = n.id); RETURN NULL;",
                    hash="3687aadef830ad20527af6ed3ce5fb4106ef9421",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_first_spans_71499",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="organizations_unit",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unit",
            trigger=pgtrigger.compiler.Trigger(
                name="last_spans",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="UPDATE organizations_unitname s SET name = n.name FROM new_rows n JOIN old_rows o ON o.id = n.id WHERE s.unit_id = n.id AND s.to_on IS NULL AND n.name <> o.name AND s.name <> n.name; UPDATE organizations_unitkind s SET kind = n.kind FROM new_rows n JOIN old_rows o ON o.id = n.id WHERE s.unit_id = n.id AND s.to_on IS NULL AND n.kind <> o.kind AND s.kind <> n.kind; RETURN NULL;",
                    hash="a380da53e725a217808d40427c81eccff5f792cb",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_last_spans_becf7",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="organizations_unit",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="act",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="act",
            name="reversed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="actevent",
            name="by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="actevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="actevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="organizations.act",
            ),
        ),
        migrations.AddField(
            model_name="actevent",
            name="reversed_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="actrow",
            name="act",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="rows", to="organizations.act"
            ),
        ),
        migrations.AddField(
            model_name="actunit",
            name="act",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="parts", to="organizations.act"
            ),
        ),
        migrations.AddField(
            model_name="actunit",
            name="unit",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="act_parts",
                to="organizations.unit",
            ),
        ),
        migrations.AddField(
            model_name="unitkind",
            name="unit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="kinds", to="organizations.unit"
            ),
        ),
        migrations.AddField(
            model_name="unitkindevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="unitkindevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="organizations.unitkind",
            ),
        ),
        migrations.AddField(
            model_name="unitkindevent",
            name="unit",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="organizations.unit",
            ),
        ),
        migrations.AddField(
            model_name="unitname",
            name="unit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="names", to="organizations.unit"
            ),
        ),
        migrations.AddField(
            model_name="unitnameevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="unitnameevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="organizations.unitname",
            ),
        ),
        migrations.AddField(
            model_name="unitnameevent",
            name="unit",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="organizations.unit",
            ),
        ),
        migrations.AddIndex(
            model_name="act",
            index=models.Index(fields=["status", "on", "id"], name="act_by_status"),
        ),
        migrations.AddConstraint(
            model_name="act",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["found", "rename", "change_kind", "move", "merge", "split", "dissolve", "reopen"])
                ),
                name="act_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="act",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["planned", "done", "reversed", "failed"])), name="act_status"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="act",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organizations_actevent" ("at", "by_id", "context", "decision", "done_at", "given", "id", "kind", "known", "on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reasons", "reversed_at", "reversed_by_id", "reversed_context", "status") SELECT new_values."at", new_values."by_id", new_values."context", new_values."decision", new_values."done_at", new_values."given", new_values."id", new_values."kind", new_values."known", new_values."on", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."reasons", new_values."reversed_at", new_values."reversed_by_id", new_values."reversed_context", new_values."status" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="46c2e4196fe6b547ee3302fb89f51de600b05ebe",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_51f97",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="organizations_act",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="act",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organizations_actevent" ("at", "by_id", "context", "decision", "done_at", "given", "id", "kind", "known", "on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reasons", "reversed_at", "reversed_by_id", "reversed_context", "status") SELECT new_values."at", new_values."by_id", new_values."context", new_values."decision", new_values."done_at", new_values."given", new_values."id", new_values."kind", new_values."known", new_values."on", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."reasons", new_values."reversed_at", new_values."reversed_by_id", new_values."reversed_context", new_values."status" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="25380097a553357256cff5a7caa744b727d7a3f1",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_cd5a4",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="organizations_act",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="act",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organizations_actevent" ("at", "by_id", "context", "decision", "done_at", "given", "id", "kind", "known", "on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reasons", "reversed_at", "reversed_by_id", "reversed_context", "status") SELECT old_values."at", old_values."by_id", old_values."context", old_values."decision", old_values."done_at", old_values."given", old_values."id", old_values."kind", old_values."known", old_values."on", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."reasons", old_values."reversed_at", old_values."reversed_by_id", old_values."reversed_context", old_values."status" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="a17898690377eb4d097d7738f536ec141272a43b",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_8d6d8",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="organizations_act",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="act",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'TRUNCATE leaves no history; delete in an action.';",
                    hash="08701b9965570509b59fe1bec0360e7c486270de",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_d6f7b",
                    table="organizations_act",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="act",
            trigger=pgtrigger.compiler.Trigger(
                name="same_key",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'A record keeps its key: what changes with it would be no event of either.';",
                    hash="3bb739c500dd6868bb7cd25ffce89903dd4fa16e",
                    level="STATEMENT",
                    operation='UPDATE OF "id"',
                    pgid="pgtrigger_same_key_b0b87",
                    table="organizations_act",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="actrow",
            index=models.Index(fields=["table", "row"], name="act_row_of"),
        ),
        migrations.AddConstraint(
            model_name="actrow",
            constraint=models.UniqueConstraint(fields=("act", "table", "row"), name="act_row_once"),
        ),
        migrations.AddConstraint(
            model_name="actunit",
            constraint=models.UniqueConstraint(fields=("act", "part", "code"), name="act_unit_once"),
        ),
        migrations.AddIndex(
            model_name="unitkind",
            index=models.Index(condition=models.Q(("kind", "")), fields=["unit"], name="unit_kind_closed"),
        ),
        migrations.AddConstraint(
            model_name="unitkind",
            constraint=models.UniqueConstraint(
                fields=("unit", "to_on"), name="unit_kind_span_one_end", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="unitkind",
            constraint=models.UniqueConstraint(
                fields=("unit", "prev_to"), name="unit_kind_span_one_begin", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="unitkind",
            constraint=models.CheckConstraint(
                condition=models.Q(("prev_to", None), ("prev_to", models.F("from_on")), _connector="OR"),
                name="unit_kind_span_no_gap",
            ),
        ),
        migrations.AddConstraint(
            model_name="unitkind",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_on", None), ("to_on__gt", models.F("from_on")), _connector="OR"),
                name="unit_kind_span_some_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="unitkind",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "",
                            "central",
                            "province",
                            "district",
                            "grassroots_committee",
                            "grassroots_cell",
                            "sub_committee",
                            "cell",
                        ],
                    )
                ),
                name="unit_kind_span_kind",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unitkind",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organizations_unitkindevent" ("decision", "from_on", "id", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prev_to", "to_on", "unit_id") SELECT new_values."decision", new_values."from_on", new_values."id", new_values."kind", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."prev_to", new_values."to_on", new_values."unit_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="4c37db493b667fc986c3abfb4cc19c1bac5df60e",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_545e0",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="organizations_unitkind",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unitkind",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organizations_unitkindevent" ("decision", "from_on", "id", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prev_to", "to_on", "unit_id") SELECT new_values."decision", new_values."from_on", new_values."id", new_values."kind", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."prev_to", new_values."to_on", new_values."unit_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="527262c8611455108eac0f8a161c5861e4b37e70",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_f8a8d",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="organizations_unitkind",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unitkind",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organizations_unitkindevent" ("decision", "from_on", "id", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prev_to", "to_on", "unit_id") SELECT old_values."decision", old_values."from_on", old_values."id", old_values."kind", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."prev_to", old_values."to_on", old_values."unit_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="d2bf854888980dbc86b1055d2da3b5135a9862ec",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_a4b3d",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="organizations_unitkind",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unitkind",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'TRUNCATE leaves no history; delete in an action.';",
                    hash="b5108cbf289064ec30b2816e73e1ea86e4b488a5",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_2e328",
                    table="organizations_unitkind",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unitkind",
            trigger=pgtrigger.compiler.Trigger(
                name="same_key",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'A record keeps its key: what changes with it would be no event of either.';",
                    hash="dc22496ebc634fd6a312180a8d471165bc8e57b2",
                    level="STATEMENT",
                    operation='UPDATE OF "id"',
                    pgid="pgtrigger_same_key_50b0f",
                    table="organizations_unitkind",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unitkind",
            trigger=pgtrigger.compiler.Trigger(
                name="mark_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO indicators_mark (unit_id, from_on, to_on, subject) SELECT DISTINCT x.unit_id, x.from_on, x.to_on, '' FROM (select unit_id, date '0001-01-01', null::date from (select unit_id, kind, from_on, to_on, prev_to from new_rows) r where r.to_on is not null or r.prev_to is not null) AS x(unit_id, from_on, to_on); RETURN NULL;",
                    hash="34811c6d769189448a483a386a28c2241247d082",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_mark_insert_002d3",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="organizations_unitkind",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unitkind",
            trigger=pgtrigger.compiler.Trigger(
                name="mark_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO indicators_mark (unit_id, from_on, to_on, subject) SELECT DISTINCT x.unit_id, x.from_on, x.to_on, '' FROM (select unit_id, date '0001-01-01', null::date from (select unit_id, kind, from_on, to_on, prev_to from old_rows) r where r.to_on is not null or r.prev_to is not null) AS x(unit_id, from_on, to_on); RETURN NULL;",
                    hash="7df802fc456707ca3f2a51ccb6646cb6aac2912f",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_mark_delete_93d86",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="organizations_unitkind",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unitkind",
            trigger=pgtrigger.compiler.Trigger(
                name="mark_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO indicators_mark (unit_id, from_on, to_on, subject) SELECT DISTINCT x.unit_id, x.from_on, x.to_on, '' FROM (select unit_id, date '0001-01-01', null::date from ((select unit_id, kind, from_on, to_on, prev_to from old_rows except all select unit_id, kind, from_on, to_on, prev_to from new_rows) union all (select unit_id, kind, from_on, to_on, prev_to from new_rows except all select unit_id, kind, from_on, to_on, prev_to from old_rows)) r where r.to_on is not null or r.prev_to is not null) AS x(unit_id, from_on, to_on); RETURN NULL;",
                    hash="df16ec3460814ef8ddb7d309e01b4a25ee24d751",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_mark_update_fa94a",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="organizations_unitkind",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="unitname",
            constraint=models.UniqueConstraint(
                fields=("unit", "to_on"), name="unit_name_one_end", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="unitname",
            constraint=models.UniqueConstraint(
                fields=("unit", "prev_to"), name="unit_name_one_begin", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="unitname",
            constraint=models.CheckConstraint(
                condition=models.Q(("prev_to", None), ("prev_to", models.F("from_on")), _connector="OR"),
                name="unit_name_no_gap",
            ),
        ),
        migrations.AddConstraint(
            model_name="unitname",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_on", None), ("to_on__gt", models.F("from_on")), _connector="OR"),
                name="unit_name_some_day",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unitname",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organizations_unitnameevent" ("decision", "from_on", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prev_to", "to_on", "unit_id") SELECT new_values."decision", new_values."from_on", new_values."id", new_values."name", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."prev_to", new_values."to_on", new_values."unit_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="94482c2b50e8f16ab936889d1e924722cf9ce3ec",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_3a6ab",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="organizations_unitname",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unitname",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organizations_unitnameevent" ("decision", "from_on", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prev_to", "to_on", "unit_id") SELECT new_values."decision", new_values."from_on", new_values."id", new_values."name", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."prev_to", new_values."to_on", new_values."unit_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="8c067375c8951f5f7b0c5e25d1e5548569352f56",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_64744",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="organizations_unitname",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unitname",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organizations_unitnameevent" ("decision", "from_on", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prev_to", "to_on", "unit_id") SELECT old_values."decision", old_values."from_on", old_values."id", old_values."name", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."prev_to", old_values."to_on", old_values."unit_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="0a52f11c0b473cbde00b41cd10a136c7100aa7a2",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_df3db",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="organizations_unitname",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unitname",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'TRUNCATE leaves no history; delete in an action.';",
                    hash="42ded490e5cebc36a8cc4f83e9f19eb369d6acfd",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_e57c1",
                    table="organizations_unitname",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unitname",
            trigger=pgtrigger.compiler.Trigger(
                name="same_key",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'A record keeps its key: what changes with it would be no event of either.';",
                    hash="c96b0e18f94dc78bffab6f1b7c95521d58e2ce7d",
                    level="STATEMENT",
                    operation='UPDATE OF "id"',
                    pgid="pgtrigger_same_key_ad816",
                    table="organizations_unitname",
                    when="BEFORE",
                ),
            ),
        ),
        *(
            migrations.RunSQL(*chain_key(f"organizations_{table}", column))
            for table, column in (("unitname", "unit_id"), ("unitkind", "unit_id"))
        ),
        migrations.RunSQL(
            [IN_ACTION, FIRST_SPANS.format(what="name"), FIRST_SPANS.format(what="kind"), OUT_OF_IT],
            migrations.RunSQL.noop,
        ),
    ]
