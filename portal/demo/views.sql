-- What the dashboards ask. Every view has the dimensions country, device, segment and shop; campaign
-- where a mail has to do with it. now() is the shop's present: the simulator keeps up with it.

CREATE VIEW cart_journeys AS
SELECT s.id AS cart_id, s.customer_id, s.created_at, s.abandoned_at, s.contacted_at, s.ordered_at,
       s.country, c.city, s.device, s.segment, s.shop,
       coalesce(attributed.name, last_mail.name, 'No mail') AS campaign,
       s.items, s.value, s.status,
       'Cart created' AS start,
       CASE coalesce(s.abandoned_stage, s.stage)
            WHEN 'Cart Created' THEN 'Left empty' WHEN 'Items Added' THEN 'Items added'
            WHEN 'Checkout Started' THEN 'Checkout started' ELSE 'Payment info' END AS reached,
       CASE WHEN s.items = 0 THEN NULL
            WHEN s.abandoned_at IS NOT NULL THEN 'Abandoned'
            WHEN s.ordered_at IS NOT NULL THEN 'Ordered' ELSE 'Still shopping' END AS result,
       CASE WHEN s.items = 0 OR s.abandoned_at IS NULL THEN NULL
            WHEN m.cart_id IS NOT NULL THEN first_mail.name
            WHEN NOT c.consent THEN 'No consent'
            WHEN h.cart_id IS NOT NULL THEN 'Held out'
            WHEN s.ordered_at IS NOT NULL THEN 'Back before a mail' ELSE 'Mail is due' END AS contact,
       CASE WHEN s.items = 0 OR s.abandoned_at IS NULL THEN NULL
            WHEN m.cart_id IS NULL THEN 'No mail' WHEN m.clicked THEN 'Clicked'
            WHEN m.opened THEN 'Opened' ELSE 'Not opened' END AS response,
       CASE WHEN s.items = 0 OR s.abandoned_at IS NULL THEN NULL
            WHEN s.status = 'recovered' THEN 'Recovered'
            WHEN s.status = 'self_recovered' THEN 'Self-recovered'
            WHEN s.status = 'lost' THEN 'Lost' ELSE 'Maturing' END AS outcome,
       date_trunc('day', s.abandoned_at) + interval '8 days' <= now() AS matured,  -- whole days
       coalesce(m.mails, 0) AS mails, c.consent, h.cart_id IS NOT NULL AS held_out,
       coalesce(o.total, 0)::numeric(12, 2) AS revenue,
       coalesce(o.discount, 0)::numeric(12, 2) AS discount,
       coalesce(o.total - o.cost, 0)::numeric(12, 2) AS margin
FROM cart_sessions s
LEFT JOIN customers c ON c.id = s.customer_id
LEFT JOIN orders o ON o.cart_id = s.id
LEFT JOIN (
    SELECT cart_id, count(*)::integer AS mails, min(campaign_id) AS first, max(campaign_id) AS last,
           bool_or(opened_at IS NOT NULL) AS opened, bool_or(clicked_at IS NOT NULL) AS clicked
    FROM campaign_messages GROUP BY cart_id
) m ON m.cart_id = s.id  -- campaigns have their ids in the order of their delay
LEFT JOIN email_campaigns first_mail ON first_mail.id = m.first
LEFT JOIN email_campaigns last_mail ON last_mail.id = m.last
LEFT JOIN email_campaigns attributed ON attributed.id = o.campaign_id
LEFT JOIN (
    SELECT u.cart_id FROM experiment_units u
    JOIN experiments e ON e.id = u.experiment_id AND e.kind = 'holdout'
    JOIN experiment_variants v ON v.experiment_id = u.experiment_id AND v.variant = u.variant
    WHERE NOT v.is_control
) h ON h.cart_id = s.id;

CREATE VIEW recovery_times AS
SELECT j.cart_id, j.customer_id, j.abandoned_at, j.contacted_at, j.ordered_at, j.country, j.device,
       j.segment, j.shop, j.campaign, j.value, j.status,
       j.contacted_at IS NOT NULL AS contacted,
       ceil(extract(epoch FROM least(j.ordered_at, j.abandoned_at + interval '7 days', now())
            - j.abandoned_at) / 3600)::integer AS hours,
       j.ordered_at IS NOT NULL AS returned,
       j.matured
FROM cart_journeys j
WHERE j.abandoned_at IS NOT NULL AND j.items > 0;

CREATE VIEW attributed_orders AS
SELECT o.id AS order_id, o.cart_id, o.customer_id, o.created_at AS ordered_at, m.sent_at,
       m.clicked_at, s.country, s.device, s.segment, s.shop, e.name AS campaign, e.kind,
       ceil(extract(epoch FROM o.created_at - m.clicked_at) / 86400)::integer AS days_to_order,
       o.total AS revenue, o.discount, (o.total - o.cost)::numeric(12, 2) AS margin
FROM orders o
JOIN campaign_messages m ON m.cart_id = o.cart_id AND m.campaign_id = o.campaign_id
JOIN email_campaigns e ON e.id = o.campaign_id
LEFT JOIN cart_sessions s ON s.id = o.cart_id;

CREATE VIEW campaign_costs AS
WITH days AS (
    SELECT e.id AS campaign_id, e.name AS campaign, e.kind, e.tool_cost_per_day, d::date AS day
    FROM email_campaigns e, generate_series(date_trunc('day', e.started_at),
        least(e.ended_at, now()), interval '1 day') d
), mails AS (
    SELECT campaign_id, sent_at::date AS day, count(*) AS mails
    FROM campaign_messages GROUP BY 1, 2
), won AS (
    SELECT campaign_id, created_at::date AS day, count(*) AS orders, sum(total) AS revenue,
           sum(discount) AS discount, sum(total - cost) AS margin
    FROM orders WHERE campaign_id IS NOT NULL GROUP BY 1, 2
)
SELECT d.day, d.campaign_id, d.campaign, d.kind, coalesce(m.mails, 0) AS mails,
       coalesce(w.orders, 0) AS orders,
       coalesce(w.revenue, 0)::numeric(12, 2) AS revenue,
       coalesce(w.margin, 0)::numeric(12, 2) AS margin,
       coalesce(w.discount, 0)::numeric(12, 2) AS discount,
       (coalesce(m.mails, 0) * e.message_cost)::numeric(12, 2) AS message_cost,
       (d.tool_cost_per_day * CASE WHEN d.day = current_date  -- of today, what has passed
            THEN extract(epoch FROM now() - current_date::timestamptz) / 86400
            ELSE 1 END)::numeric(12, 2) AS tool_cost
FROM days d
JOIN email_campaigns e ON e.id = d.campaign_id
LEFT JOIN mails m ON m.campaign_id = d.campaign_id AND m.day = d.day
LEFT JOIN won w ON w.campaign_id = d.campaign_id AND w.day = d.day;

CREATE VIEW customers_orders AS
WITH all_orders AS (
    SELECT o.*, c.country, c.segment,
           coalesce(c.earlier_order_at, min(o.created_at) OVER of_customer) AS first_order_at,
           row_number() OVER (of_customer ORDER BY o.created_at) AS number
    FROM orders o JOIN customers c ON c.id = o.customer_id
    WINDOW of_customer AS (PARTITION BY o.customer_id)
)
SELECT a.id AS order_id, a.cart_id, a.customer_id, a.created_at AS ordered_at, a.country, s.device,
       a.segment, s.shop, coalesce(e.name, 'No mail') AS campaign, a.kind, a.number,
       a.first_order_at, date_trunc('month', a.first_order_at)::date AS first_order_month,
       date_trunc('month', a.created_at)::date AS order_month,
       ((extract(year FROM a.created_at) - extract(year FROM a.first_order_at)) * 12
            + extract(month FROM a.created_at) - extract(month FROM a.first_order_at))::integer
            AS months_since_first,
       a.total AS revenue, a.discount, (a.total - a.cost)::numeric(12, 2) AS margin
FROM all_orders a
LEFT JOIN cart_sessions s ON s.id = a.cart_id
LEFT JOIN email_campaigns e ON e.id = a.campaign_id;

CREATE VIEW experiment_results AS
SELECT u.experiment_id, e.name AS experiment, e.kind, e.status, u.variant, v.is_control, u.cart_id,
       u.customer_id, s.country, s.device, s.segment, s.shop, s.value, u.exposed_at,
       o.created_at AS converted_at, o.id IS NOT NULL AS converted,
       coalesce(o.total, 0)::numeric(12, 2) AS revenue,
       coalesce(o.discount, 0)::numeric(12, 2) AS discount,
       coalesce(o.total - o.cost, 0)::numeric(12, 2) AS margin,
       date_trunc('day', u.exposed_at) + interval '8 days' <= now() AS matured
FROM experiment_units u
JOIN experiments e ON e.id = u.experiment_id
JOIN experiment_variants v ON v.experiment_id = u.experiment_id AND v.variant = u.variant
LEFT JOIN cart_sessions s ON s.id = u.cart_id
LEFT JOIN orders o ON o.cart_id = u.cart_id AND o.created_at >= u.exposed_at
    AND o.created_at <= u.exposed_at + interval '7 days';

COMMENT ON VIEW cart_journeys IS 'One row per cart with the steps of its way: start, reached, result, contact, response, outcome; a step that the cart never came to is empty';
COMMENT ON COLUMN cart_journeys.campaign IS 'Whose mail brought the cart back, otherwise of the last mail sent, otherwise No mail';
COMMENT ON COLUMN cart_journeys.reached IS 'Furthest stage of the first visit: Left empty, Items added, Checkout started, Payment info';
COMMENT ON COLUMN cart_journeys.result IS 'Of the first visit: Ordered, Abandoned, Still shopping';
COMMENT ON COLUMN cart_journeys.contact IS 'First mail about an abandoned cart, or why there was none: No consent, Held out, Back before a mail, Mail is due';
COMMENT ON COLUMN cart_journeys.response IS 'Best answer to a mail: Clicked, Opened, Not opened; or No mail';
COMMENT ON COLUMN cart_journeys.outcome IS 'Of an abandoned cart: Recovered (order after a mail), Self-recovered, Lost (7 days without an order), Maturing';
COMMENT ON COLUMN cart_journeys.mails IS 'Mails sent about this cart';
COMMENT ON COLUMN cart_journeys.consent IS 'The customer agreed to mails, so the cart is recoverable';
COMMENT ON COLUMN cart_journeys.held_out IS 'Never written to, by chance, to see who comes back anyway';
COMMENT ON COLUMN cart_journeys.revenue IS 'EUR of the cart''s order, 0 without one';
COMMENT ON COLUMN cart_journeys.margin IS 'EUR; revenue less the cost of the goods';
COMMENT ON VIEW recovery_times IS 'One row per abandoned cart with items: hours until it was ordered, or until now or 7 days when it was not';
COMMENT ON COLUMN recovery_times.hours IS 'Hours after abandonment, rounded up; at most 168';
COMMENT ON COLUMN recovery_times.returned IS 'Ordered within 7 days of abandonment; otherwise hours is a censored time';
COMMENT ON COLUMN cart_journeys.matured IS 'Its day of abandonment was over 7 days ago: its result is final';
COMMENT ON COLUMN recovery_times.matured IS 'Its day of abandonment was over 7 days ago: its result is final';
COMMENT ON VIEW attributed_orders IS 'Recovered orders with the click before them; for windows of 1, 3, 5 and 7 days take days_to_order <= window';
COMMENT ON COLUMN attributed_orders.days_to_order IS 'Days from the last click to the order, rounded up';
COMMENT ON COLUMN attributed_orders.margin IS 'EUR; revenue less the cost of the goods';
COMMENT ON VIEW campaign_costs IS 'One row per day and campaign: what it cost and what it brought. Orders by their day, mails by theirs';
COMMENT ON COLUMN campaign_costs.margin IS 'EUR; revenue less the cost of the goods; the discount is off the revenue already';
COMMENT ON COLUMN campaign_costs.discount IS 'EUR given on the recovered orders';
COMMENT ON COLUMN campaign_costs.tool_cost IS 'EUR of the mail tool';
COMMENT ON VIEW customers_orders IS 'One row per order with the customer''s first order, for cohorts';
COMMENT ON COLUMN customers_orders.number IS 'The customer''s orders in this database in their order, from 1';
COMMENT ON COLUMN customers_orders.first_order_at IS 'Also before the orders of this database begin';
COMMENT ON COLUMN customers_orders.months_since_first IS 'Calendar months from the first order to this one';
COMMENT ON VIEW experiment_results IS 'One row per experiment and unit (cart), with its order within 7 days of the exposure';
COMMENT ON COLUMN experiment_results.value IS 'EUR in the cart';
COMMENT ON COLUMN experiment_results.matured IS 'Its day of exposure was over 7 days ago: its result is final';
