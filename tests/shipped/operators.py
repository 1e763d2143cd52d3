"""The step operators that ZenML ships: where their flavors are, and which SDKs they import."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOCKS = Path(__file__).parent / "locks"


@dataclass(frozen=True)
class Shipped:
    """A step operator of ZenML's.

    Attributes:
        integration: name of the integration that it is part of.
        flavor: class of its flavor.
        needs: what its module imports and ZenML does not bring, within ZenML's own bounds.
        config: what a component of it cannot do without.
    """

    integration: str
    flavor: str
    needs: tuple[str, ...]
    config: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def source(self) -> str:
        return f"zenml.integrations.{self.integration}.flavors.{self.flavor}"

    @property
    def lock(self) -> Path:
        return LOCKS / f"{self.integration}.txt"


KUBERNETES = "kubernetes>=21.7,<26"
RUNAI = {
    "client_id": "contract",
    "client_secret": "contract",
    "runai_base_url": "https://runai.example.org",
    "project_name": "contract",
}
OPERATORS = (
    Shipped("aws", "SagemakerStepOperatorFlavor", ("sagemaker>=2.237.3,<3", KUBERNETES)),
    Shipped("azure", "AzureMLStepOperatorFlavor", ("azure-ai-ml>=1.23.1,<2", KUBERNETES)),
    Shipped("baseten", "BasetenStepOperatorFlavor", ("truss>=0.18,<1",)),
    Shipped("databricks", "DatabricksStepOperatorFlavor", ("databricks-sdk==0.28.0",)),
    Shipped("gcp", "VertexStepOperatorFlavor", ("google-cloud-aiplatform>=1.34.0", KUBERNETES)),
    Shipped("kubernetes", "KubernetesStepOperatorFlavor", (KUBERNETES,)),
    Shipped("modal", "ModalStepOperatorFlavor", ("modal>=1.4,<2",)),
    Shipped("runai", "RunAIStepOperatorFlavor", ("runapy>=1.224.0",), RUNAI),
    Shipped("spark", "KubernetesSparkStepOperatorFlavor", ("pyspark==3.2.1",)),
    Shipped("ssh", "SSHStepOperatorFlavor", ("paramiko>=3.0.0,<6",)),
)
