"""Low-rank adapters (Hu et al. 2022) by peft: few weights are trained and merged into the model in the end."""

from __future__ import annotations

from typing import Any

from mt.errors import MissingExtraError

MODULES = ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"]
_DOWN, _UP = ".lora_A.", ".lora_B."


class Adapters:
    """Adapters put into a model, all of whose other weights are frozen.

    Args:
        model: MarianMTModel; it is changed in place.
        rank: of the adapters; their product is scaled by 2, peft's usual alpha of twice the rank.

    Raises:
        MissingExtraError: peft is not installed.
    """

    SCALE = 2.0

    def __init__(self, model: Any, rank: int) -> None:
        try:
            from peft import LoraConfig, inject_adapter_in_model
        except ImportError as error:
            raise MissingExtraError("model.adapter_rank", "train") from error
        self._base = {
            name: weight.detach().float().clone()
            for name, weight in model.named_parameters()
            if weight.requires_grad
        }
        config = LoraConfig(
            r=rank, lora_alpha=int(self.SCALE * rank), target_modules=MODULES, lora_dropout=0.0
        )
        inject_adapter_in_model(config, model)
        for name, weight in model.named_parameters():
            weight.requires_grad_(_DOWN in name or _UP in name)

    def merged(self, trained: dict[str, Any]) -> dict[str, Any]:
        """The weights of the whole model by name: what was frozen plus the products of the adapters.

        Args:
            trained: the adapters' weights by name.
        """
        whole = dict(self._base)
        for name, down in trained.items():
            if _DOWN in name:
                up = trained[name.replace(_DOWN, _UP)]
                target = name.partition(_DOWN)[0] + ".weight"
                whole[target] = self._base[target].to(up.device) + self.SCALE * (up.detach() @ down.detach())
        return whole
