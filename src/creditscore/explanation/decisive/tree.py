"""The scored records of many subjects as trees in columns: what they weigh, and what withdrawals gain at most.

A tree is read from its records up: the heaviest of a bucket weighs, an item and a group have a cap, groups add up.
Gains are tables: of the worth of a node at most so much goes with `j` withdrawals, at least `k` of them of counted
records. They add up over the parts of a node, and a cap takes away what lies over it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.grading.plan import Plan

if TYPE_CHECKING:
    import pyarrow as pa

Array = np.ndarray[Any, Any]
FAR = 2**60  # beyond every score
NEVER = -(2**61)  # what so few withdrawals cannot do
BARE = -(2**31)  # the group of records without points


class Tree:
    """Records of some subjects, sorted: subject, group, item, bucket, the heaviest first."""

    def __init__(self, plan: Plan, records: pa.Table, sids: Array, moves: Array) -> None:
        """`sids` rise; the records are those of these subjects or of others, which are left out."""
        owner, item = records["sid"].to_numpy(), records["item"].to_numpy()
        at = np.searchsorted(sids, owner)
        mine = at < len(sids)
        mine[mine] = sids[at[mine]] == owner[mine]
        rows = np.flatnonzero(mine)
        at, item, weight = at[rows], item[rows], records["low"].to_numpy()[rows]
        keys = [key[rows] for key in _keys(plan, records)]
        caps, group_caps, sign, _ = _terms(plan)
        group, one_wins = _groups(plan)[item], _heaviest(plan)[item] & (weight > 0)
        group = np.where(weight > 0, group, BARE)
        place = np.where(one_wins, -1, item)  # a group of which the heaviest weighs is one item with one bucket
        keys = [np.where(one_wins, 0, key) for key in keys]
        order = np.lexsort((-weight, *keys, place, group, at))
        at, item, group, place, one_wins, self.weight = (
            values[order] for values in (at, item, group, place, one_wins, weight)
        )
        begins_group = _changes(at) | _changes(group)
        begins_item = begins_group | _changes(place)
        begins_bucket = begins_item
        for key in keys:
            begins_bucket = begins_bucket | _changes(key[order])
        self.subject, self.subject_of_group, self.size = at, at[begins_group], len(sids)
        self.bucket, self.item, self.group = (
            np.cumsum(begins) - 1 for begins in (begins_bucket, begins_item, begins_group)
        )
        self.item_of_bucket, self.group_of_item = self.item[begins_bucket], self.group[begins_item]
        self.first = np.flatnonzero(begins_bucket)
        self.cap = np.where(one_wins, FAR, caps[item])[begins_item]
        self.group_cap = np.where(group >= 0, group_caps[np.maximum(group, 0)], FAR)[begins_group]
        self.sign = np.where(group == BARE, 0, sign[item])[begins_group]
        self.item_sum = total(self.item_of_bucket, self.weight[self.first], len(self.cap))
        self.group_sum = total(self.group_of_item, np.minimum(self.item_sum, self.cap), len(self.group_cap))
        worth = self.sign * np.minimum(self.group_sum, self.group_cap)
        self.total = total(self.subject_of_group, worth, self.size)
        self.lost = total(self.subject_of_group, np.maximum(-worth, 0), self.size)
        self.won = total(self.subject_of_group, np.maximum(worth, 0), self.size)
        self.counted = (records["bits"].to_numpy()[rows][order] & moves[at]) != 0
        self.number = total(at, self.counted.astype(np.int64), self.size)

    def without_one(self) -> Array:
        """The sum of the subject without each record alone."""
        after = np.append(self.weight[1:], 0)
        last = np.append(self.bucket[1:] != self.bucket[:-1], True) if len(self.bucket) else np.zeros(0, bool)
        loss = np.zeros(len(self.weight), np.int64)
        loss[self.first] = (self.weight - np.where(last, 0, after))[self.first]
        for node, sums, caps in ((self.item, self.item_sum, self.cap), (self.group, self.group_sum, self.group_cap)):
            now, cap = sums[node], caps[node]
            loss = np.minimum(now, cap) - np.minimum(now - loss, cap)
        result: Array = self.total[self.subject] - self.sign[self.group] * loss
        return result

    def opposed(self, adverse: int) -> Array:
        """Subjects with counted records whose withdrawal also moves the sum away from what is asked for."""
        is_opposed = np.zeros(self.size, bool)
        is_opposed[self.subject[self.counted & (self.sign[self.group] == -adverse)]] = True
        return is_opposed

    def fewest(self, short: Array, among: Array, adverse: int, chosen: Array, depth: int, most: int) -> Array:
        """The fewest withdrawals, of records of sign `adverse`, that reach one of the demands of each `chosen` subject:
        the sum moves by `short`, with at least `among` counted records withdrawn. 0: more than `depth` are needed.
        """
        asked = np.zeros(self.size, bool)
        asked[chosen] = True
        helps = asked[self.subject_of_group] & (self.sign != -adverse)
        position = np.cumsum(asked) - 1
        gains = _widen(self._gains(helps, depth, most), position[self.subject_of_group[helps]], len(chosen))
        enough = np.zeros((len(chosen), depth + 1), bool)
        for k in range(short.shape[1]):
            wanted = np.minimum(among[chosen, k], most)
            enough |= gains[np.arange(len(chosen)), :, wanted] >= np.maximum(short[chosen, k], 0)[:, None]
        return np.where(enough.any(axis=1), enough.argmax(axis=1), 0)

    def _gains(self, helps: Array, depth: int, most: int) -> Array:
        """How much of the worth of each group goes at most: one table for each."""
        items = helps[self.group_of_item]
        buckets = items[self.item_of_bucket]
        rows = np.flatnonzero(buckets[self.bucket])
        bucket, weight, counted = (np.cumsum(buckets) - 1)[self.bucket[rows]], self.weight[rows], self.counted[rows]
        item_of = (np.cumsum(items) - 1)[self.item_of_bucket[buckets]]
        plain = (np.bincount(bucket, minlength=len(item_of)) == 1) & ~np.isin(np.arange(len(item_of)), bucket[counted])
        gains = np.full((int(items.sum()), depth + 1, most + 1), NEVER)
        gains[:, :, 0] = _sorted_sums(item_of[plain], weight[plain[bucket]], len(gains), depth)
        inside = ~plain[bucket]
        row_of_record = (np.cumsum(~plain) - 1)[bucket[inside]]
        table = _bucket_gains(row_of_record, weight[inside], counted[inside], int((~plain).sum()), depth, most)
        gains = _widen(table, item_of[~plain], len(gains), gains)
        gains = _over(gains, self.item_sum[items], self.cap[items])
        group_of = (np.cumsum(helps) - 1)[self.group_of_item[items]]
        return _over(_widen(gains, group_of, int(helps.sum())), self.group_sum[helps], self.group_cap[helps])


def open_subjects(plan: Plan, records: pa.Table) -> Array:
    """Subjects with an unknown number, a record that no tree fits, or acts of which the heaviest record weighs."""
    sid, item = records["sid"].to_numpy(), records["item"].to_numpy()
    low, high, pool = (records[name].to_numpy() for name in ("low", "high", "pool"))
    scored = (low != 0) | (high != 0) | (pool >= 0)
    odd = scored & (_terms(plan)[3][item] | (low != high) | (low < 0) | (pool >= 0))
    if plan.scheme.combine.heaviest_per:
        act = _coded(records["act_id"])
        named = np.flatnonzero(scored & (act >= 0))
        order = named[np.lexsort((act[named], sid[named]))]
        again = ~(_changes(sid[order]) | _changes(act[order]))
        odd[order[again]] = True
    return np.unique(sid[odd])


def found_by(values: Array) -> Callable[[int], Array]:
    """Where a value stands, in order; sorted once for many values."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]

    def select(value: int) -> Array:
        return order[np.searchsorted(ranked, value, side="left") : np.searchsorted(ranked, value, side="right")]

    return select


def total(of: Array, values: Array, size: int) -> Array:
    """The sum of the values of each node, in whole numbers."""
    sums = np.zeros(size, np.int64)
    np.add.at(sums, of, values)
    return sums


def _terms(plan: Plan) -> tuple[Array, Array, Array, Array]:
    """Caps of items, caps of groups, signs of items, and which items fit no tree."""
    caps = np.array([FAR if item.cap is None else item.cap for item in plan.items], np.int64)
    group_caps = np.array([FAR if group.cap is None else group.cap for group in plan.groups] or [FAR], np.int64)
    sign = np.array([item.sign for item in plan.items], np.int64)
    group = _groups(plan)
    odd = _heaviest(plan) & (caps < FAR)
    for index in range(len(plan.groups)):
        if len(set(sign[group == index].tolist())) > 1:
            odd |= group == index
    return caps, group_caps, sign, odd


def _groups(plan: Plan) -> Array:
    """The group of each item, where it binds; otherwise a number of its own below zero."""
    bind = [group.cap is not None or group.heaviest for group in plan.groups]
    of = [-1 - k if item.group is None or not bind[item.group] else item.group for k, item in enumerate(plan.items)]
    return np.array(of, np.int64)


def _heaviest(plan: Plan) -> Array:
    return np.array([item.group is not None and plan.groups[item.group].heaviest for item in plan.items], bool)


def _keys(plan: Plan, records: pa.Table) -> tuple[Array, Array]:
    """Two numbers that are equal for records of one item that count once."""
    item = records["item"].to_numpy()
    alone = np.array([item.basis == "time" and not item.attributes for item in plan.items], bool)[item]
    alone |= records["low"].to_numpy() == 0
    own = np.arange(len(item))
    return np.where(alone, own, records["time_key"].to_numpy()), np.where(alone, -1, _coded(records["text_key"]))


def _coded(column: pa.ChunkedArray) -> Array:
    """Texts as numbers from 0; absent ones are -1."""
    codes = column.combine_chunks().dictionary_encode().indices.fill_null(-1)
    return np.asarray(codes.to_numpy(zero_copy_only=False), np.int64)


def _changes(values: Array) -> Array:
    """True where a value differs from the one before; the first does."""
    changes = np.ones(len(values), bool)
    changes[1:] = values[1:] != values[:-1]
    return changes


def _rank(of: Array) -> Array:
    """The place of each row among the rows of its node; the rows of a node lie together."""
    if not len(of):
        return np.zeros(0, np.int64)
    new = _changes(of)
    result: Array = np.arange(len(of)) - np.flatnonzero(new)[np.cumsum(new) - 1]
    return result


def _sorted_sums(of: Array, values: Array, size: int, depth: int) -> Array:
    """The sums of the 0, 1 … `depth` largest values of each node."""
    order = np.lexsort((-values, of))
    of, values = of[order], values[order]
    result, rank = np.zeros((size, depth + 1), np.int64), _rank(of)
    near = rank < depth
    result[of[near], rank[near] + 1] = values[near]
    return result.cumsum(axis=1)


def _bucket_gains(of: Array, weight: Array, counted: Array, size: int, depth: int, most: int) -> Array:
    """A bucket falls to its next weight when all heavier records are gone; counted ones may go besides."""
    result = np.full((size, depth + 1, most + 1), NEVER)
    counted_of_bucket = total(of, counted.astype(np.int64), size)
    rank = _rank(of)
    heavy, length = np.zeros(size, np.int64), np.bincount(of, minlength=size)
    heavy[of[rank == 0]] = weight[rank == 0]
    before, here = np.zeros(size, np.int64), heavy.copy()
    for gone in range(min(depth, int(length.max(initial=0))) + 1):  # so many of the heaviest are gone
        alive = np.flatnonzero(length >= gone)
        here = np.zeros(size, np.int64)
        here[of[rank == gone]] = weight[rank == gone]
        gain = heavy - here
        for more in range(min(most, depth - gone) + 1):
            rows = alive[counted_of_bucket[alive] - before[alive] >= more]
            among = np.minimum(before[rows] + more, most)
            result[rows, gone + more, among] = np.maximum(result[rows, gone + more, among], gain[rows])
        before[of[rank == gone]] += counted[rank == gone]
    result = np.maximum.accumulate(result, axis=1)
    return np.maximum.accumulate(result[:, :, ::-1], axis=2)[:, :, ::-1]


def _widen(gains: Array, of: Array, size: int, begun: Array | None = None) -> Array:
    """The most that the parts of each node gain together; the parts of a node lie together."""
    _, lengths, widths = gains.shape
    if begun is None:
        begun = np.full((size, lengths, widths), NEVER)
        begun[:, :, 0] = 0
    rank = _rank(of)
    for step in range(int(rank.max(initial=-1)) + 1):
        rows = np.flatnonzero(rank == step)
        before, more = begun[of[rows]], gains[rows]
        both = np.full_like(before, NEVER)
        for j in range(lengths):
            for k in range(widths):
                sums = before[:, : lengths - j, : widths - k] + more[:, j, k, None, None]
                np.maximum(both[:, j:, k:], sums, out=both[:, j:, k:])
        begun[of[rows]] = np.maximum(both, NEVER)
    return begun


def _over(gains: Array, sums: Array, cap: Array) -> Array:
    """What is gained below a cap: the first withdrawals only take what lies over it."""
    over = np.maximum(sums - cap, 0)[:, None, None]
    return np.where(gains < 0, NEVER, np.maximum(gains - over, 0))
