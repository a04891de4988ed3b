"""The exercises of unit 04: from the slopes of one product to a small engine that differentiates any expression."""

from bpcore.exercises.unit_04_chain_rule.bug import FIND_THE_BUG
from bpcore.exercises.unit_04_chain_rule.engine import ENGINE
from bpcore.exercises.unit_04_chain_rule.graph import ACCUMULATE, TOPOLOGICAL_ORDER
from bpcore.exercises.unit_04_chain_rule.paths import PRODUCT, SUM_OVER_PATHS

EXERCISES = (PRODUCT, SUM_OVER_PATHS, TOPOLOGICAL_ORDER, FIND_THE_BUG, ACCUMULATE, ENGINE)
