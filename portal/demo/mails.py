"""What becomes of abandoned carts: who comes back alone, who is written to, and who is not for the
sake of a test."""

import numpy as np

from portal.demo import experiments, story
from portal.demo.draws import NEVER, Columns, joined, seconds


def draw(world, carts, counters, rng) -> tuple[Columns, list[Columns]]:
    """Come back alone or by a mail; returns the mails and who is in a test of them, and sets the
    orders that follow from them."""
    n, abandoned = len(carts["id"]), carts["abandoned_at"]
    left = carts["filled"] & (abandoned < NEVER)
    open_ = _alone(world, carts, left, rng)
    order = carts["ordered_at"]
    contactable, held_out = open_, experiments.variant(world, experiments.HOLDOUT, carts["id"])
    open_ = contactable & (held_out == experiments.MAILED)
    carts["campaign_id"] = np.zeros(n, dtype=np.int64)
    carts["contacted_at"] = np.full(n, NEVER)
    lucky = rng.random(n) < 0.5  # Discount and Free shipping take turns by chance: an A/B test
    offered = abandoned >= story.free_shipping_start(*world.history) - 48 * story.HOUR
    third = np.where(lucky & offered, 4, 3)
    steps, units = [], []
    for campaign, test in (
        (np.full(n, 1), experiments.PICTURES),
        (np.full(n, 2), experiments.SENDER),
        (third, experiments.OFFER),
    ):
        rows = np.flatnonzero(open_)
        mails = _step(world, carts, order, rows, campaign[rows], test, rng)
        steps.append(mails)
        units.append(_tested(world, carts, rows, mails, test, offered))
        stop = rows[mails["bounced"] | mails["unsubscribed"]]
        open_[stop] = False
        # An order ends the mails that come after it, not one that was sent before.
        delay = (24 if len(steps) == 1 else 48) * story.HOUR + story.MAIL_DELAY
        open_ &= order > abandoned + delay
    rows = np.flatnonzero(contactable)
    due = np.where(held_out == experiments.HELD_OUT, abandoned + story.IDLE, carts["contacted_at"])
    units.append(experiments.units(experiments.HOLDOUT, carts, rows, held_out[rows], due[rows]))
    _keep_out_of_outage(world, order, left, rng)
    sent = joined(steps)
    return {"id": counters.take("messages", len(sent["cart_id"])), **sent}, units


def _alone(world, carts, left, rng) -> np.ndarray:
    """Orders of abandoned carts without a mail; returns which carts may still get one."""
    n, abandoned, order = len(left), carts["abandoned_at"], carts["ordered_at"]
    consent = world.consent(carts["customer_id"])
    soon = left & consent & (rng.random(n) < story.P_ALONE)
    order[soon] = abandoned[soon] + rng.integers(120, story.IDLE - 120, int(soon.sum()))
    open_ = left & consent & ~soon
    held_out = experiments.variant(world, experiments.HOLDOUT, carts["id"]) == experiments.HELD_OUT
    chance = rng.random(n)
    for carts_left, share, wait in (
        (left & ~consent, story.P_ALONE_LATER, 0),
        (open_ & held_out, story.P_ALONE_HELD_OUT, story.IDLE + 60),
    ):
        late = carts_left & (chance < share)
        order[late] = (
            abandoned[late]
            + wait
            + seconds(rng, int(late.sum()), 16 * story.HOUR, 1.1, longest=6.5 * story.DAY)
        )
    return open_


def _tested(world, carts, rows, mails, test, offered) -> Columns:
    """Which of the carts that got these mails are in the mails' test."""
    if test == experiments.OFFER:
        chosen, arm = offered[rows], (mails["campaign_id"] == 4).astype(np.int64)
    else:
        chosen = experiments.runs(world, test, mails["sent_at"])
        arm = experiments.variant(world, test, mails["cart_id"])
    return experiments.units(test, carts, rows[chosen], arm[chosen], mails["sent_at"][chosen])


def _step(world, carts, order, rows, campaign, test, rng) -> Columns:
    """One mail to each cart of ``rows``; sets order and campaign of those it brings back."""
    _, _, delay, _, *rates = zip(*story.CAMPAIGNS.values(), strict=True)
    p_open, p_click, p_order = (np.array(rate)[campaign - 1] for rate in rates)
    n = len(rows)
    sent = carts["abandoned_at"][rows] + np.array(delay)[campaign - 1]
    sent += rng.integers(0, story.MAIL_DELAY, n)
    bounced = rng.random(n) < story.P_BOUNCE
    delivered = np.where(bounced, NEVER, sent + rng.integers(2, 40, n))
    opens = ~bounced & (rng.random(n) < p_open)
    opened = delivered + seconds(rng, n, 75 * story.MINUTE, 1.5, longest=60 * story.HOUR)
    # Who comes back by an earlier mail does not click a later one: one order has one campaign.
    interest = p_click * experiments.lift(world, test, carts["id"][rows], sent)
    clicks = opens & (rng.random(n) < interest) & (carts["campaign_id"][rows] == 0)
    clicked = opened + seconds(rng, n, 40, 0.8)
    returns = clicks & (rng.random(n) < p_order / (p_open * p_click))
    back = rows[returns]
    order[back] = _return(clicked[returns], carts["abandoned_at"][back], rng)
    carts["campaign_id"][back] = campaign[returns]
    carts["contacted_at"][rows] = np.minimum(carts["contacted_at"][rows], sent)
    return {
        "campaign_id": campaign,
        "cart_id": carts["id"][rows],
        "customer_id": carts["customer_id"][rows],
        "sent_at": sent,
        "delivered_at": delivered,
        "opened_at": np.where(opens, opened, NEVER),
        "clicked_at": np.where(clicks, clicked, NEVER),
        "bounced": bounced,
        "unsubscribed": opens & ~clicks & (rng.random(n) < story.P_UNSUBSCRIBE / p_open),
    }


def _return(clicked, abandoned, rng) -> np.ndarray:
    """When who clicked orders: most within the hour, some think it over for days."""
    n = len(clicked)
    at_once = seconds(rng, n, 20 * story.MINUTE, 1.0, longest=18 * story.HOUR)
    slow = seconds(rng, n, story.SLOW_RETURN, 0.8, longest=story.WINDOW)
    left = abandoned + story.WINDOW - story.LAST_RETURN - clicked  # at least 12 hours
    takes = np.where((rng.random(n) < story.P_SLOW) & (slow < left), slow, at_once)
    return clicked + 240 + takes


def _keep_out_of_outage(world, order, left, rng) -> None:
    """Who comes back while the payment provider fails, pays later that day."""
    begin, end = world.outage
    blocked = left & (order >= begin) & (order < end)
    order[blocked] = end + rng.integers(300, 3 * story.HOUR, int(blocked.sum()))
