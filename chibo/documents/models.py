"""Documents and which of them implement which."""

from django.db import models

from chibo.core.history import kept
from chibo.organizations.models import Unit


@kept
class Document(models.Model):
    """A document issued by a unit under a number on a day."""

    number = models.CharField(max_length=500)
    kind = models.CharField(max_length=500)
    issuer = models.ForeignKey(Unit, models.PROTECT, related_name="documents")
    issued_on = models.DateField()
    title = models.CharField(max_length=500)
    implements = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="implemented_by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "number", "issued_on"], name="document_once")]

    def __str__(self) -> str:
        return self.number
