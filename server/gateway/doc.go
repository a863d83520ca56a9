// Package gateway is the same API as JSON over HTTP, and the files that are uploaded by it.
//
// It is a client of the real gRPC server over a connection in memory, so a JSON request passes the same authentication,
// the same limits and the same log as any other; it decides nothing and never calls an implementation directly. What
// HTTP adds is refused or translated here, before the call:
//
//	Authorization, Accept-Language, Traceparent   go on as they are
//	Idempotency-Key                               becomes request_id (stream_id of an upload of figures); made where absent
//	If-Match                                      becomes the etag of the request or of its resource
//	Grpc-Timeout                                  at most 60 s
//
// No other header goes on: not Cookie, not Grpc-Metadata-..., not X-HTTP-Method-Override, not X-Forwarded-For.
// A parameter or a field that is not known is refused, for a misspelled validateOnly would change what was only to be
// looked at. So is a body that names another resource than its path.
//
// # Answers
//
// Names are lowerCamelCase, numbers of figures and 64-bit integers are strings. Of the two ways in which protojson
// writes what is not set, EmitDefaultValues is taken: "missing": "0" and "late": false are there to be read, while an
// optional field or message that is absent stays absent. So "value": "0" is a zero that was reported and no "value" is
// nothing; EmitUnpopulated would write null for the latter, which a careless reader takes for zero.
//
// An error is {"error": {"code": 404, "status": "NOT_FOUND", "message": "...", "details": [...]}} (AIP-193), in the
// language of Accept-Language, whoever found it: the use cases, grpc or this room.
//
// Streams (changes:watch, store:verify) are one JSON object a line; one that breaks ends with a line {"error": ...}.
//
// # Files
//
// POST /v1/units:import, indicators:import, forms:import and reports:import take the CSV file as their body and the
// options as parameters. The file goes on in chunks as it comes, and is accepted only when it came whole. The answer to
// reports:import is written as outcomes come: one object {"outcomes": [...], "problems": [...], "summary": {...}}, or
// with Accept: application/x-ndjson a line for each. An answer without summary is not whole; it has an error instead.
// POST /v1/units:importReorganisation takes two files, as the parts units and lineage of multipart/form-data.
//
// Open to everybody, for they tell no figures: /healthz (the process answers), /readyz (gRPC serves), /openapi.json.
package gateway
