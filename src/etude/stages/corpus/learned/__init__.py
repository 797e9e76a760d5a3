"""Models that judge text: a classifier of hashed words, and a language model of word n-grams."""

from etude.stages.corpus.kernel.linear import Shape
from etude.stages.corpus.learned._file import digest as file_digest
from etude.stages.corpus.learned.classifier import Classifier, ClassifierCard, Examples
from etude.stages.corpus.learned.language_model import (
    LanguageModel,
    LanguageModelCard,
    perplexities,
)
from etude.stages.corpus.learned.language_training import (
    LanguageTrainer,
    LanguageTraining,
    train_language_model,
)
from etude.stages.corpus.learned.metrics import Measured, auc, measure
from etude.stages.corpus.learned.training import Training, train_classifier, train_labels

__all__ = [
    "Classifier",
    "ClassifierCard",
    "Examples",
    "LanguageModel",
    "LanguageModelCard",
    "LanguageTrainer",
    "LanguageTraining",
    "Measured",
    "Shape",
    "Training",
    "auc",
    "file_digest",
    "measure",
    "perplexities",
    "train_classifier",
    "train_labels",
    "train_language_model",
]
