-- The demo shop. Indexes, keys and rights follow in finish.sql, after the rows: that is faster.
-- All times are timestamptz, all money is EUR, all ids are made by the generator.

CREATE TABLE customers (
    id bigint NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    country text NOT NULL,
    city text NOT NULL,
    segment text NOT NULL CHECK (segment IN ('new', 'returning', 'loyal', 'vip')),
    consent boolean NOT NULL,
    created_at timestamptz NOT NULL,
    earlier_order_at timestamptz
);

CREATE TABLE cities (
    country text NOT NULL,
    city text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    PRIMARY KEY (country, city)
);

CREATE TABLE products (
    id bigint NOT NULL,
    sku text NOT NULL,
    name text NOT NULL,
    category text NOT NULL,
    price numeric(12, 2) NOT NULL CHECK (price > 0),
    cost numeric(12, 2) NOT NULL
);

CREATE TABLE cart_sessions (
    id bigint NOT NULL,
    customer_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    last_activity_at timestamptz NOT NULL,
    stage text NOT NULL CHECK (stage IN ('Cart Created', 'Items Added', 'Checkout Started', 'Payment Info', 'Order Complete')),
    device text NOT NULL CHECK (device IN ('phone', 'desktop', 'tablet', 'app')),
    country text NOT NULL,
    shop text NOT NULL,
    segment text NOT NULL,
    items integer NOT NULL,
    value numeric(12, 2) NOT NULL,
    currency text NOT NULL DEFAULT 'EUR',
    checkout_started_at timestamptz,
    payment_at timestamptz,
    ordered_at timestamptz,
    abandoned_at timestamptz,
    abandoned_stage text,
    contacted_at timestamptz,
    recovered_at timestamptz,
    status text NOT NULL CHECK (status IN ('active', 'abandoned', 'contacted', 'recovered', 'self_recovered', 'completed', 'lost'))
);

CREATE TABLE cart_items (
    id bigint NOT NULL,
    cart_id bigint NOT NULL,
    product_id bigint NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    price numeric(12, 2) NOT NULL,
    bought boolean NOT NULL
);

CREATE TABLE email_campaigns (
    id bigint PRIMARY KEY,
    name text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('reminder', 'discount', 'free_shipping')),
    delay interval NOT NULL,
    discount_percent numeric(5, 2) NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    message_cost numeric(10, 5) NOT NULL,
    tool_cost_per_day numeric(12, 4) NOT NULL
);

CREATE TABLE campaign_messages (
    id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    cart_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    sent_at timestamptz NOT NULL,
    delivered_at timestamptz,
    opened_at timestamptz,
    clicked_at timestamptz,
    bounced boolean NOT NULL,
    unsubscribed boolean NOT NULL
);

CREATE TABLE orders (
    id bigint NOT NULL,
    cart_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    total numeric(12, 2) NOT NULL,
    discount numeric(12, 2) NOT NULL,
    cost numeric(12, 2) NOT NULL,
    kind text NOT NULL CHECK (kind IN ('direct', 'recovered', 'self_recovered')),
    campaign_id bigint
);

CREATE TABLE experiments (
    id bigint PRIMARY KEY,
    name text NOT NULL UNIQUE,
    hypothesis text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('test', 'holdout')),
    unit text NOT NULL,
    goal text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    status text NOT NULL CHECK (status IN ('running', 'concluded'))
);

CREATE TABLE experiment_variants (
    experiment_id bigint NOT NULL REFERENCES experiments,
    position integer NOT NULL,
    variant text NOT NULL,
    share numeric(4, 3) NOT NULL CHECK (share > 0 AND share <= 1),
    is_control boolean NOT NULL,
    PRIMARY KEY (experiment_id, variant)
);

CREATE TABLE experiment_units (
    experiment_id bigint NOT NULL,
    cart_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    variant text NOT NULL,
    exposed_at timestamptz NOT NULL
);

-- Views. Left joins on unique keys cost nothing when their columns are not asked for.

CREATE VIEW cart_abandonments AS
SELECT s.id AS cart_id, s.customer_id, s.created_at, s.last_activity_at, s.abandoned_at,
       s.abandoned_stage AS stage, s.device, s.country, s.shop, c.segment, c.consent,
       s.items, s.value, s.currency, s.contacted_at, s.ordered_at, s.recovered_at,
       s.status, s.status = 'recovered' AS recovered
FROM cart_sessions s
LEFT JOIN customers c ON c.id = s.customer_id
WHERE s.abandoned_at IS NOT NULL AND s.items > 0;

CREATE VIEW campaign_results AS
SELECT m.id AS message_id, m.campaign_id, e.name AS campaign, e.kind, m.cart_id, m.customer_id,
       m.sent_at, m.delivered_at, m.opened_at, m.clicked_at, o.created_at AS recovered_at,
       m.delivered_at IS NOT NULL AS delivered, m.opened_at IS NOT NULL AS opened,
       m.clicked_at IS NOT NULL AS clicked, o.id IS NOT NULL AS recovered,
       m.bounced, m.unsubscribed,
       coalesce(o.total, 0)::numeric(12, 2) AS revenue,
       coalesce(o.discount, 0)::numeric(12, 2) AS discount,
       CASE WHEN m.bounced THEN 'bounced'
            WHEN o.id IS NOT NULL THEN 'recovered'
            WHEN m.clicked_at IS NOT NULL THEN 'clicked'
            WHEN m.opened_at IS NOT NULL THEN 'opened'
            WHEN m.delivered_at IS NOT NULL THEN 'delivered'
            ELSE 'sent' END AS status
FROM campaign_messages m
LEFT JOIN email_campaigns e ON e.id = m.campaign_id
LEFT JOIN orders o ON o.cart_id = m.cart_id AND o.campaign_id = m.campaign_id;

CREATE VIEW funnel_data AS
WITH stages (rank, stage) AS (
    VALUES (1, 'Cart Created'), (2, 'Items Added'), (3, 'Checkout Started'),
           (4, 'Payment Info'), (5, 'Order Complete')
), furthest AS (
    SELECT rank, count(*) AS carts
    FROM cart_sessions JOIN stages USING (stage)
    WHERE created_at >= now() - interval '30 days'
    GROUP BY rank
)
SELECT stages.stage, coalesce(sum(furthest.carts), 0)::bigint AS count
FROM stages LEFT JOIN furthest ON furthest.rank >= stages.rank
GROUP BY stages.rank, stages.stage
ORDER BY stages.rank;

COMMENT ON TABLE customers IS 'Customers of the demo shop; invented, with addresses at example.com';
COMMENT ON COLUMN customers.country IS 'ISO 3166-1 code of two letters';
COMMENT ON COLUMN customers.segment IS 'new, returning, loyal or vip';
COMMENT ON COLUMN customers.consent IS 'Agreed to mails about open carts';
COMMENT ON COLUMN customers.earlier_order_at IS 'First order before the orders of this database begin; empty for who had none';
COMMENT ON TABLE cities IS 'Where customers live';
COMMENT ON COLUMN cities.country IS 'ISO 3166-1 code of two letters';
COMMENT ON COLUMN cities.latitude IS 'Degrees north';
COMMENT ON COLUMN cities.longitude IS 'Degrees east';
COMMENT ON TABLE products IS 'Products on sale';
COMMENT ON COLUMN products.price IS 'EUR per piece';
COMMENT ON COLUMN products.cost IS 'EUR per piece that the shop pays; margin = price - cost';
COMMENT ON TABLE cart_sessions IS 'One row per cart';
COMMENT ON COLUMN cart_sessions.created_at IS 'When the cart was created';
COMMENT ON COLUMN cart_sessions.last_activity_at IS 'Last step by the customer in this cart';
COMMENT ON COLUMN cart_sessions.stage IS 'Furthest stage reached: Cart Created, Items Added, Checkout Started, Payment Info, Order Complete';
COMMENT ON COLUMN cart_sessions.country IS 'ISO 3166-1 code of two letters';
COMMENT ON COLUMN cart_sessions.shop IS 'Storefront';
COMMENT ON COLUMN cart_sessions.segment IS 'Of the customer: new, returning, loyal or vip';
COMMENT ON COLUMN cart_sessions.items IS 'Pieces in the cart; 0 for a cart left empty, which no rate counts';
COMMENT ON COLUMN cart_sessions.value IS 'EUR; sum of quantity x price of its cart_items';
COMMENT ON COLUMN cart_sessions.ordered_at IS 'When the cart became an order, directly or after it was abandoned';
COMMENT ON COLUMN cart_sessions.abandoned_at IS '60 minutes after the last activity without an order; kept when the cart is recovered later';
COMMENT ON COLUMN cart_sessions.abandoned_stage IS 'Furthest stage when the cart was abandoned';
COMMENT ON COLUMN cart_sessions.contacted_at IS 'When the first mail about this cart was sent';
COMMENT ON COLUMN cart_sessions.recovered_at IS 'When a contacted cart became an order, within 7 days; empty for self_recovered';
COMMENT ON COLUMN cart_sessions.status IS 'active, abandoned, contacted, recovered (order after a mail), self_recovered (order after abandonment, no mail), completed (order without abandonment), lost (7 days after abandonment)';
COMMENT ON TABLE cart_items IS 'Products put into carts';
COMMENT ON COLUMN cart_items.quantity IS 'Pieces';
COMMENT ON COLUMN cart_items.price IS 'EUR per piece when it was added';
COMMENT ON COLUMN cart_items.bought IS 'Part of the order; product abandonment = 1 - bought / added quantity';
COMMENT ON TABLE email_campaigns IS 'Mail campaigns about abandoned carts';
COMMENT ON COLUMN email_campaigns.delay IS 'Time from abandonment to the mail';
COMMENT ON COLUMN email_campaigns.discount_percent IS 'Percent of the goods'' value';
COMMENT ON COLUMN email_campaigns.message_cost IS 'EUR per mail sent';
COMMENT ON COLUMN email_campaigns.tool_cost_per_day IS 'EUR per day for the mail tool, this campaign''s part';
COMMENT ON TABLE campaign_messages IS 'One row per mail sent; at most one per cart and campaign';
COMMENT ON COLUMN campaign_messages.bounced IS 'Refused by the mail server, so never delivered';
COMMENT ON TABLE orders IS 'At most one order per cart';
COMMENT ON COLUMN orders.total IS 'EUR; goods bought minus discount';
COMMENT ON COLUMN orders.discount IS 'EUR given by the campaign: percent of the goods, or the shipping fee';
COMMENT ON COLUMN orders.cost IS 'EUR that the shop paid for the goods bought; margin = total - cost';
COMMENT ON COLUMN orders.kind IS 'direct, recovered (clicked a mail before) or self_recovered';
COMMENT ON COLUMN orders.campaign_id IS 'Campaign whose mail was clicked before the order; only when recovered';
COMMENT ON TABLE experiments IS 'A/B tests, and the holdout of carts that get no mail';
COMMENT ON COLUMN experiments.kind IS 'test, or holdout: what the mails bring that would not have come anyway';
COMMENT ON COLUMN experiments.unit IS 'What is assigned to a variant by chance';
COMMENT ON COLUMN experiments.goal IS 'What counts as success';
COMMENT ON COLUMN experiments.ended_at IS 'Empty while it runs';
COMMENT ON TABLE experiment_variants IS 'Variants with the share of units that each is meant to get';
COMMENT ON TABLE experiment_units IS 'One row per experiment and cart that met it';
COMMENT ON COLUMN experiment_units.exposed_at IS 'When the cart met its variant: the mail was sent (or would have been), the checkout was begun';
COMMENT ON VIEW cart_abandonments IS 'Carts with items that were abandoned at least once, whatever became of them. stage is the stage when abandoned';
COMMENT ON VIEW campaign_results IS 'One row per mail with its outcome. status: the furthest of sent, delivered, opened, clicked, recovered; or bounced. revenue in EUR';
COMMENT ON VIEW funnel_data IS 'Carts of the last 30 days that reached each stage, in stage order';

-- What the simulator knows and the reader must not see: the fate of carts that are still open.
CREATE SCHEMA demo;
CREATE TABLE demo.state (
    one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
    version integer NOT NULL,
    seed bigint NOT NULL,
    carts bigint NOT NULL,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    counters jsonb NOT NULL DEFAULT '{}',
    simulated_to timestamptz,
    completed_at timestamptz
);
COMMENT ON COLUMN demo.state.version IS 'Of the tables and the story; a database of another version is rebuilt';
COMMENT ON COLUMN demo.state.completed_at IS 'Set last by the load; without it the database is rebuilt';

CREATE TABLE demo.planned_carts (
    LIKE cart_sessions INCLUDING DEFAULTS,
    items_added_at timestamptz,
    browsed_at timestamptz NOT NULL,
    lost_at timestamptz,
    next_at timestamptz
);
CREATE TABLE demo.planned_items (LIKE cart_items);
CREATE TABLE demo.planned_messages (LIKE campaign_messages, next_at timestamptz);
CREATE TABLE demo.planned_orders (LIKE orders);
CREATE TABLE demo.planned_units (LIKE experiment_units);
