"""Balance: what share of the mixture each domain has, how often it is read, and what that is worth.

Weights in closed form (`weights`), learned from runs (`learn`), the runs themselves (`runs`,
`proxy`), how often each document is read (`resample`) and the budget of unique text (`budget`).
"""

from etude.stages.corpus.mixing.budget import DataBudget, DomainBudget, data_budget
from etude.stages.corpus.mixing.groups import groups, sizes, total_sizes
from etude.stages.corpus.mixing.learn import Learned, MixtureLaw, fit, learn
from etude.stages.corpus.mixing.proxy import Proxy, run_proxies
from etude.stages.corpus.mixing.resample import repeats
from etude.stages.corpus.mixing.runs import Runs, design
from etude.stages.corpus.mixing.weights import Plan, Share, natural, plan, tempered, unimax

__all__ = [
    "DataBudget",
    "DomainBudget",
    "Learned",
    "MixtureLaw",
    "Plan",
    "Proxy",
    "Runs",
    "Share",
    "data_budget",
    "design",
    "fit",
    "groups",
    "learn",
    "natural",
    "plan",
    "repeats",
    "run_proxies",
    "sizes",
    "tempered",
    "total_sizes",
    "unimax",
]
