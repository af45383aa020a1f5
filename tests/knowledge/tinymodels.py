"""Transformers so small that a test makes them: real architecture, characters for words, weights from a seed."""

from pathlib import Path

from knowledge.starter import starter_documents

WIDTH = 32
_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def tiny_encoder(folder: Path, *, seed: int = 1, width: int = WIDTH, prompts: dict[str, str] | None = None) -> str:
    """A sentence-transformers model (BERT of two layers, mean pooling) saved in a folder; its path."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    plain = _tiny_bert(folder / "bert", seed=seed, width=width, labels=0)
    model = SentenceTransformer(
        modules=[Transformer(str(plain), max_seq_length=64), Pooling(width, pooling_mode="mean")],
        prompts=prompts,
        device="cpu",
    )
    model.save(str(folder / "model"), create_model_card=False)
    return str(folder / "model")


def tiny_reranker(folder: Path, *, seed: int = 1, labels: int = 1) -> str:
    """A cross-encoder saved in a folder; its path."""
    from sentence_transformers import CrossEncoder

    plain = _tiny_bert(folder / "bert", seed=seed, width=WIDTH, labels=labels)
    CrossEncoder(str(plain), num_labels=labels, max_length=64, device="cpu").save_pretrained(str(folder / "model"))
    return str(folder / "model")


def _tiny_bert(folder: Path, *, seed: int, width: int, labels: int) -> Path:
    """A BERT with random weights and its tokenizer."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizer

    texts = [record.index_text for document in starter_documents() for record in document.records]
    characters = sorted(set("".join(texts)) - set(" \n"))
    vocabulary = {token: number for number, token in enumerate([*_SPECIAL, *characters])}
    BertTokenizer(vocab=vocabulary).save_pretrained(str(folder))
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=128,
        initializer_range=0.5,
    )
    config.num_labels = max(labels, 1)
    torch.manual_seed(seed)
    model = BertForSequenceClassification(config) if labels else BertModel(config)
    model.save_pretrained(str(folder))
    return folder
