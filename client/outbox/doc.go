// Package outbox keeps reports on this machine until a server has accepted them: what was put in survives a power cut, goes
// out when the line is there, counts once however often it had to be sent, and stays until somebody who can do something
// about it does.
//
//	box, err := outbox.Open(path, outbox.Config{})
//	item, err := box.Put(&reportingv1.SubmitReportRequest{...})  // durable when it returns
//	err = box.Run(ctx, c, nil)                                    // sends until ctx ends
//
// # What an item goes through
//
// An item is WAITING until the server has accepted it (DELIVERED, with the receipt) or has refused it for a reason that
// waiting does not mend (STOPPED, with what is wrong). One that is HELD is not sent until it is released: a draft that
// stays here. Each item has the request id under which it is sent from the first time to the last, so what arrived and
// whose answer was lost is answered as it was first.
//
// Items about one report go out in the order in which they were put in, and one whose predecessor is stopped waits for it.
// An item without an etag that was put in behind another about the same report takes the etag of what became of that: its
// author had seen no other. Everything else that a report may have become meanwhile, on another machine of the same unit,
// is a refusal (ETAG_MISMATCH, ETAG_REQUIRED) and stops the item: nobody is overwritten in silence.
//
// # When the line is down
//
// What fails because the line or the server is away is tried again, after a pause that doubles up to five minutes, half of
// it random, and is kept with the items: a program that is started again is no less polite than one that ran on. A server
// that says when to come back is taken at its word.
//
// # The file
//
// It is a bbolt file that only its owner can read. Every method opens and closes it, so that several programs, or one
// that sends and one that looks, may use it at once. Two that send at once do no harm, for the request ids are the same.
package outbox
