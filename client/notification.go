package client

import (
	"context"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// CreateSubscription makes a subscription; the secret of a webhook is in the answer.
func (c *Client) CreateSubscription(ctx context.Context, q *reportingv1.CreateSubscriptionRequest) (*reportingv1.Subscription, error) {
	return change(ctx, c, "CreateSubscription", c.notifications.CreateSubscription, q)
}

// ListSubscriptions gives one page of subscriptions.
func (c *Client) ListSubscriptions(ctx context.Context, q *reportingv1.ListSubscriptionsRequest) (*reportingv1.ListSubscriptionsResponse, error) {
	return call(ctx, c, "ListSubscriptions", c.notifications.ListSubscriptions, q)
}

// Subscriptions gives all subscriptions that the caller could have made.
func (c *Client) Subscriptions(ctx context.Context, q *reportingv1.ListSubscriptionsRequest) iter.Seq2[*reportingv1.Subscription, error] {
	return each(pages(ctx, q, greatestPage, c.ListSubscriptions), (*reportingv1.ListSubscriptionsResponse).GetSubscriptions)
}

// DeleteSubscription ends a subscription.
func (c *Client) DeleteSubscription(ctx context.Context, q *reportingv1.DeleteSubscriptionRequest) (*reportingv1.Subscription, error) {
	return change(ctx, c, "DeleteSubscription", c.notifications.DeleteSubscription, q)
}

// ListDeliveries gives one page of what was sent for a subscription.
func (c *Client) ListDeliveries(ctx context.Context, q *reportingv1.ListDeliveriesRequest) (*reportingv1.ListDeliveriesResponse, error) {
	return call(ctx, c, "ListDeliveries", c.notifications.ListDeliveries, q)
}

// Deliveries gives all that was sent for a subscription, the newest first.
func (c *Client) Deliveries(ctx context.Context, q *reportingv1.ListDeliveriesRequest) iter.Seq2[*reportingv1.Delivery, error] {
	return each(pages(ctx, q, greatestPage, c.ListDeliveries), (*reportingv1.ListDeliveriesResponse).GetDeliveries)
}

// SendTestNotification has the server send a message that tells nothing. It is not tried again: it would be sent again.
func (c *Client) SendTestNotification(ctx context.Context, q *reportingv1.SendTestNotificationRequest) (*reportingv1.Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	d, err := c.notifications.SendTestNotification(ctx, q)
	if err != nil {
		return nil, failure(err)
	}
	return d, nil
}
