"""A type of the user's own, and how it is stored."""

from typing import Any

from zenml.enums import ArtifactType
from zenml.materializers.base_materializer import BaseMaterializer


class Shape:
    def __init__(self, sides: int) -> None:
        self.sides = sides


class ShapeMaterializer(BaseMaterializer):
    ASSOCIATED_TYPES = (Shape,)
    ASSOCIATED_ARTIFACT_TYPE = ArtifactType.DATA

    def load(self, data_type: Any) -> Shape:
        with self.artifact_store.open(f"{self.uri}/sides", "r") as file:
            return Shape(int(file.read()))

    def save(self, data: Shape) -> None:
        with self.artifact_store.open(f"{self.uri}/sides", "w") as file:
            file.write(str(data.sides))
