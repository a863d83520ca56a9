// Package notify tells people what a [reminder.Subscription] asks for, by webhook and by e-mail, and remembers what it told.
//
// A [Dispatcher] asks its [Source] now and then what there is to tell. Whatever is new becomes one [Delivery] with an id, its
// causes and its body, and is written to the log before anything is sent; so nobody is told twice of a cause, whenever the
// process ends. Before each attempt the log says that one is made, and after it how it ended. What a killed process leaves
// open is settled by the next one:
//
//   - A webhook is sent again, with the same id and the same bytes: at least once, and a receiver that keeps the ids of
//     Standard Webhooks counts it once.
//   - An e-mail may have gone out, and mail knows no ids: it is UNKNOWN and not sent again, so at most once. Whoever reads the
//     list of deliveries sees it.
//
// The log is a file of lines in the data folder, each with a checksum, synced before it counts. It is no part of the
// journal: a store that is restored from a backup begins without it, and then tells again what came about in the last week.
//
// # Webhooks
//
// They follow Standard Webhooks: webhook-id, webhook-timestamp, and webhook-signature with v1, HMAC-SHA256 of
// "id.timestamp.body". The secret of a subscription is made of its id and the key of the store, so it stands nowhere. An
// attempt counts as delivered with a status of 2xx; 410 ends it; anything else is tried again, later each time, eight times.
// Addresses are looked at when the connection is made and not before, so a name that points elsewhere by then helps nobody:
// what is not of the public internet is refused, unless the operator allows it. Redirections are not followed.
package notify
