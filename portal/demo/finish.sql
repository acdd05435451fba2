-- After the rows: keys, then the indexes that the dashboards' time windows use.
ALTER TABLE customers ADD PRIMARY KEY (id);
ALTER TABLE products ADD PRIMARY KEY (id), ADD UNIQUE (sku);
ALTER TABLE cart_sessions ADD PRIMARY KEY (id);
ALTER TABLE cart_items ADD PRIMARY KEY (id);
ALTER TABLE campaign_messages ADD PRIMARY KEY (id);
ALTER TABLE orders ADD PRIMARY KEY (id), ADD UNIQUE (cart_id);
ALTER TABLE experiment_units ADD PRIMARY KEY (experiment_id, cart_id);

ALTER TABLE cart_sessions ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE cart_items ADD FOREIGN KEY (cart_id) REFERENCES cart_sessions,
    ADD FOREIGN KEY (product_id) REFERENCES products;
ALTER TABLE campaign_messages ADD FOREIGN KEY (campaign_id) REFERENCES email_campaigns,
    ADD FOREIGN KEY (cart_id) REFERENCES cart_sessions,
    ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE orders ADD FOREIGN KEY (cart_id) REFERENCES cart_sessions,
    ADD FOREIGN KEY (customer_id) REFERENCES customers,
    ADD FOREIGN KEY (campaign_id) REFERENCES email_campaigns;
ALTER TABLE experiment_units ADD FOREIGN KEY (cart_id) REFERENCES cart_sessions,
    ADD FOREIGN KEY (experiment_id, variant) REFERENCES experiment_variants;

CREATE INDEX ON customers (created_at);
CREATE INDEX ON cart_sessions (created_at);
CREATE INDEX ON cart_sessions (abandoned_at);
CREATE INDEX ON cart_sessions (customer_id);
CREATE INDEX ON cart_items (cart_id);
CREATE INDEX ON cart_items (product_id);
CREATE INDEX ON campaign_messages (sent_at);
CREATE INDEX ON campaign_messages (cart_id);
CREATE INDEX ON orders (created_at);
CREATE INDEX ON orders (customer_id);

ALTER TABLE demo.planned_carts ADD PRIMARY KEY (id);
ALTER TABLE demo.planned_messages ADD PRIMARY KEY (id);
ALTER TABLE demo.planned_items
    ADD FOREIGN KEY (cart_id) REFERENCES demo.planned_carts ON DELETE CASCADE;
CREATE INDEX ON demo.planned_items (cart_id);
CREATE INDEX ON demo.planned_carts (next_at);
CREATE INDEX ON demo.planned_messages (next_at);
CREATE INDEX ON demo.planned_orders (created_at);
CREATE INDEX ON demo.planned_units (exposed_at);
