"""What holds in the demo shop at any time."""

# What must never be found: each query counts offending rows.
RULES = {
    "value is the sum of the items": """
        SELECT count(*) FROM cart_sessions s LEFT JOIN (SELECT cart_id, sum(quantity * price) AS v,
        sum(quantity) AS n FROM cart_items GROUP BY 1) i ON i.cart_id = s.id
        WHERE s.value <> coalesce(i.v, 0) OR s.items <> coalesce(i.n, 0)""",
    "one order for each ordered cart": """
        SELECT count(*) FROM cart_sessions s FULL JOIN orders o ON o.cart_id = s.id
        WHERE s.ordered_at IS DISTINCT FROM o.created_at OR s.customer_id <> o.customer_id""",
    "order total is what was bought less the discount": """
        SELECT count(*) FROM orders o WHERE o.total + o.discount <>
        (SELECT sum(quantity * price) FROM cart_items i WHERE i.cart_id = o.cart_id AND bought)""",
    "an order's cost is that of the goods bought": """
        SELECT count(*) FROM orders o WHERE o.cost <> (SELECT sum(quantity * p.cost)
        FROM cart_items i JOIN products p ON p.id = i.product_id
        WHERE i.cart_id = o.cart_id AND bought)""",
    "goods cost less than they are sold for": """
        SELECT count(*) FROM products WHERE cost <= 0 OR cost >= price""",
    "every customer lives in a known city": """
        SELECT count(*) FROM customers LEFT JOIN cities USING (country, city)
        WHERE latitude IS NULL""",
    "earlier orders are older than the history": """
        SELECT count(*) FROM customers, demo.state WHERE earlier_order_at < created_at
        OR earlier_order_at >= start_at""",
    "held-out carts get no mail, mailed ones do": """
        SELECT count(*) FROM experiment_units u JOIN experiments e ON e.id = u.experiment_id
        JOIN cart_sessions s ON s.id = u.cart_id WHERE e.kind = 'holdout'
        AND (variant = 'Mailed') <> (contacted_at IS NOT NULL)""",
    "every contacted cart is in the holdout's count": """
        SELECT count(*) FROM cart_sessions s LEFT JOIN experiment_units u ON u.cart_id = s.id
        AND u.experiment_id = (SELECT id FROM experiments WHERE kind = 'holdout')
        WHERE contacted_at IS NOT NULL AND exposed_at IS DISTINCT FROM contacted_at""",
    "units meet a test while it runs": """
        SELECT count(*) FROM experiment_units u JOIN experiments e ON e.id = u.experiment_id
        WHERE NOT exposed_at BETWEEN started_at AND coalesce(ended_at, 'infinity')""",
    "an offer's variant is the mail that was sent": """
        SELECT count(*) FROM experiment_units u JOIN email_campaigns c ON c.name = u.variant
        LEFT JOIN campaign_messages m ON m.cart_id = u.cart_id AND m.campaign_id = c.id
        WHERE m.sent_at IS DISTINCT FROM u.exposed_at""",
    "nothing is bought without an order": """
        SELECT count(*) FROM cart_items i JOIN cart_sessions s ON s.id = i.cart_id
        WHERE i.bought AND s.ordered_at IS NULL""",
    "stage and its times agree": """
        SELECT count(*) FROM cart_sessions WHERE
        (stage = 'Order Complete') <> (ordered_at IS NOT NULL)
        OR (stage IN ('Payment Info', 'Order Complete')) <> (payment_at IS NOT NULL)
        OR (stage NOT IN ('Cart Created', 'Items Added')) <> (checkout_started_at IS NOT NULL)
        OR (stage = 'Cart Created') <> (items = 0)""",
    "steps are in order": """
        SELECT count(*) FROM cart_sessions WHERE checkout_started_at <= created_at
        OR payment_at <= checkout_started_at OR ordered_at <= payment_at
        OR last_activity_at < greatest(created_at, checkout_started_at, payment_at, ordered_at)""",
    "abandoned after 60 minutes without activity": """
        SELECT count(*) FROM cart_sessions, demo.state WHERE (status = 'active'
        AND last_activity_at + interval '60 minutes' <= simulated_to)
        OR (last_activity_at < abandoned_at
        AND abandoned_at <> last_activity_at + interval '60 minutes')""",
    "status follows from the times": """
        SELECT count(*) FROM cart_sessions, demo.state WHERE status <> CASE
        WHEN ordered_at IS NOT NULL AND abandoned_at IS NULL THEN 'completed'
        WHEN ordered_at IS NOT NULL AND contacted_at IS NULL THEN 'self_recovered'
        WHEN ordered_at IS NOT NULL THEN 'recovered'
        WHEN abandoned_at + interval '7 days' <= simulated_to THEN 'lost'
        WHEN contacted_at IS NOT NULL THEN 'contacted'
        WHEN abandoned_at IS NOT NULL THEN 'abandoned' ELSE 'active' END""",
    "a recovered cart was contacted at most 7 days before": """
        SELECT count(*) FROM cart_sessions WHERE status = 'recovered' AND NOT coalesce(
        recovered_at = ordered_at AND contacted_at < ordered_at AND contacted_at > abandoned_at
        AND ordered_at <= abandoned_at + interval '7 days', false)""",
    "contacted at the first mail": """
        SELECT count(*) FROM cart_sessions s FULL JOIN (SELECT cart_id, min(sent_at) AS first
        FROM campaign_messages GROUP BY 1) m ON m.cart_id = s.id
        WHERE s.contacted_at IS DISTINCT FROM m.first""",
    "only with consent": """
        SELECT count(*) FROM campaign_messages m JOIN customers c ON c.id = m.customer_id
        WHERE NOT c.consent""",
    "sent, delivered, opened, clicked": """
        SELECT count(*) FROM campaign_messages WHERE (clicked_at IS NOT NULL AND opened_at IS NULL)
        OR (opened_at IS NOT NULL AND delivered_at IS NULL) OR delivered_at < sent_at
        OR opened_at < delivered_at OR clicked_at < opened_at
        OR (bounced AND delivered_at IS NOT NULL)""",
    "mails leave when they are due": """
        SELECT count(*) FROM campaign_messages m JOIN email_campaigns e ON e.id = m.campaign_id
        JOIN cart_sessions s ON s.id = m.cart_id WHERE m.sent_at < e.started_at OR NOT
        m.sent_at - s.abandoned_at - e.delay BETWEEN interval '0' AND interval '5 minutes'""",
    "one mail of a campaign per cart": """
        SELECT count(*) - count(DISTINCT (cart_id, campaign_id)) FROM campaign_messages""",
    "no mail about an order": """
        SELECT count(*) FROM campaign_messages m JOIN orders o USING (cart_id)
        WHERE m.sent_at >= o.created_at""",
    "a campaign's order follows a click on its mail": """
        SELECT count(*) FROM orders o LEFT JOIN campaign_messages m USING (cart_id, campaign_id)
        WHERE (o.kind = 'recovered') <> (o.campaign_id IS NOT NULL)
        OR (o.kind = 'recovered' AND NOT coalesce(m.clicked_at < o.created_at, false))""",
    "a cart is of its customer's segment and country": """
        SELECT count(*) FROM cart_sessions s JOIN customers c ON c.id = s.customer_id
        WHERE s.segment <> c.segment OR s.country <> c.country""",
    "customers are older than their carts": """
        SELECT count(*) FROM cart_sessions s JOIN customers c ON c.id = s.customer_id
        WHERE c.created_at >= s.created_at""",
    "nothing is in the future": """
        SELECT count(*) FROM (SELECT greatest(created_at, last_activity_at, ordered_at,
        abandoned_at, contacted_at) AS t FROM cart_sessions
        UNION ALL SELECT greatest(sent_at, delivered_at, opened_at, clicked_at)
        FROM campaign_messages UNION ALL SELECT created_at FROM orders
        UNION ALL SELECT created_at FROM customers
        UNION ALL SELECT exposed_at FROM experiment_units) x, demo.state WHERE t > simulated_to""",
}
