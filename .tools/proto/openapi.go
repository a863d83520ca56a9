package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

const openapiName = "openapi/reporting.swagger.json"

// amendOpenAPI makes the description say what the gateway does. The plugin knows the protos alone: not the form of errors,
// not the headers that become fields, not the uploads, and for streams it describes an envelope that the gateway takes off.
func amendOpenAPI(data []byte) ([]byte, error) {
	file := &object{}
	if err := json.Unmarshal(data, file); err != nil {
		return nil, err
	}
	paths, ok := file.at("paths").(*object)
	definitions, also := file.at("definitions").(*object)
	if !ok || !also {
		return nil, errors.New("the OpenAPI file has no paths or no definitions")
	}
	paths.members = slices.DeleteFunc(paths.members, func(path member) bool { return !strings.HasPrefix(path.name, "/v1/") })
	for _, path := range paths.members {
		for _, verb := range path.value.(*object).members {
			amendOperation(verb.name, verb.value.(*object), definitions)
		}
	}
	for _, u := range uploads {
		paths.set(u.path, obj("post", u.operation()))
	}
	slices.SortStableFunc(paths.members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	for _, d := range definitions.members {
		optional(d.value.(*object))
	}
	definitions.set("Error", errorSchema())
	prune(definitions, paths)
	plain, err := plainJSON(file)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, plain, "", "  "); err != nil {
		return nil, err
	}
	return append(b.Bytes(), '\n'), nil
}

// errorSchema is the form of AIP-193.
func errorSchema() *object {
	text := func(description string) *object { return obj("type", "string", "description", description) }
	return obj("type", "object", "description", "How every error looks (AIP-193).", "properties", obj("error", obj("type", "object", "properties", obj(
		"code", obj("type", "integer", "format", "int32", "description", "The HTTP status."),
		"status", text(`The canonical code, such as "NOT_FOUND".`),
		"message", text("What is wrong and what to do, in the language of Accept-Language (vi or en)."),
		"details", obj("type", "array", "items", ref("Any"),
			"description", "google.rpc.ErrorInfo with a stable reason, BadRequest with every violated field, LocalizedMessage, RetryInfo."),
	))))
}

// prune removes the definitions that nothing refers to any more.
func prune(definitions, paths *object) {
	used := map[string]bool{}
	var look func(value any)
	look = func(value any) {
		switch v := value.(type) {
		case []any:
			for _, inner := range v {
				look(inner)
			}
		case *object:
			if name, ok := v.at("$ref").(string); ok {
				name = strings.TrimPrefix(name, "#/definitions/")
				if !used[name] {
					used[name] = true
					look(definitions.at(name))
				}
			}
			for _, m := range v.members {
				look(m.value)
			}
		}
	}
	look(paths)
	definitions.members = slices.DeleteFunc(definitions.members, func(d member) bool { return !used[d.name] })
}

func ref(definition string) *object { return obj("$ref", "#/definitions/"+definition) }

func header(name, description string) *object {
	return obj("name", name, "description", description, "in", "header", "required", false, "type", "string")
}

var (
	idempotencyKey = header("Idempotency-Key", "UUID of this request; keep it to repeat the request when no answer came. Absent: one is made, and a repetition is another request.")
	ifMatch        = header("If-Match", "The etag that was seen, instead of the field etag.")
)

func errorResponse() *object {
	return obj("description", "An error.", "schema", ref("Error"))
}

func amendOperation(verb string, operation, definitions *object) {
	responses := operation.at("responses").(*object)
	responses.set("default", errorResponse())
	if part := responses.at("200", "schema", "properties", "result"); part != nil {
		responses.set("200", obj("description", "One JSON object a line. A stream that breaks ends with a line that is an Error.", "schema", part))
		operation.set("produces", []any{"application/x-ndjson"})
	}
	parameters, _ := operation.at("parameters").([]any)
	change, compares := false, false
	parameters = slices.DeleteFunc(parameters, func(p any) bool {
		parameter := p.(*object)
		if parameter.at("in") == "body" {
			properties := bodyProperties(parameter, definitions)
			change = change || properties.at("requestId") != nil
			compares = properties.at("etag") != nil && (verb == "patch" || properties.at("requestId") != nil)
			optional(parameter.at("schema").(*object))
		}
		isID := parameter.at("name") == "requestId"
		change = change || isID
		return isID
	})
	if change {
		parameters = append(parameters, idempotencyKey)
	}
	if compares {
		parameters = append(parameters, ifMatch)
	}
	if len(parameters) > 0 {
		operation.set("parameters", parameters)
	}
}

func bodyProperties(parameter, definitions *object) *object {
	if found, ok := parameter.at("schema", "properties").(*object); ok {
		return found
	}
	name, _ := parameter.at("schema", "$ref").(string)
	found, _ := definitions.at(strings.TrimPrefix(name, "#/definitions/"), "properties").(*object)
	if found == nil {
		found = obj()
	}
	return found
}

// optional takes the fields that may come in a header out of those that a body must have.
func optional(schema *object) {
	required, _ := schema.at("required").([]any)
	required = slices.DeleteFunc(required, func(name any) bool { return name == "requestId" || name == "etag" })
	if len(required) == 0 {
		schema.remove("required")
		return
	}
	schema.set("required", required)
}

// upload is a path that takes a file; it stands in no proto, because a binding would want the file inside JSON.
type upload struct{ path, id, tag, summary, answer string }

var uploads = []upload{
	{"/v1/units:import", "UnitService_ImportUnits", "UnitService", "Imports units.csv whole or not at all.", "ImportSummary"},
	{"/v1/units:importReorganisation", "UnitService_ImportReorganisation", "UnitService", "Changes the tree in one piece as units.csv and lineage.csv say.", "ImportReorganisationResponse"},
	{"/v1/indicators:import", "IndicatorService_ImportIndicators", "IndicatorService", "Imports indicators.csv whole or not at all.", "ImportSummary"},
	{"/v1/forms:import", "FormService_ImportForms", "FormService", "Imports forms.csv whole or not at all.", "ImportSummary"},
	{"/v1/holidays:import", "CalendarService_ImportHolidays", "CalendarService", "Imports holidays.csv whole or not at all.", "ImportSummary"},
	{"/v1/plans:import", "PlanService_ImportPlans", "PlanService", "Imports a survey of plans whole or not at all.", "ImportSummary"},
	{"/v1/targets:import", "PlanService_ImportTargets", "PlanService", "Imports targets.csv whole or not at all.", "ImportSummary"},
	{"/v1/outsideFigures:import", "RankingService_ImportOutsideFigures", "RankingService", "Imports outside.csv whole or not at all.", "ImportSummary"},
	{"/v1/regions:import", "RankingService_ImportRegions", "RankingService", "Imports regions.csv whole or not at all.", "ImportSummary"},
	{"/v1/rules:import", "RuleService_ImportRules", "RuleService", "Imports rules.csv whole or not at all.", "ImportSummary"},
	{"/v1/reports:import", "ReportService_ImportReports", "ReportService", "Uploads figures.csv. All lines of one unit, form and period are one report, with an outcome of its own.", ""},
}

func (u upload) operation() *object {
	query := func(name, kind, description string) *object {
		return obj("name", name, "description", description, "in", "query", "required", false, "type", kind)
	}
	parameters := []any{
		obj("name", "file", "description", "The file itself, not in an envelope.", "in", "body", "required", true,
			"schema", obj("type", "string", "format", "binary")),
		query("fileName", "string", "Name of the file, for messages only."),
		query("validateOnly", "boolean", "Check everything and change nothing."),
	}
	consumes, produces := []any{"text/csv"}, []any{"application/json"}
	if u.answer == "ImportReorganisationResponse" {
		part := func(name, description string) *object {
			return obj("name", name, "description", description, "in", "formData", "required", false, "type", "file")
		}
		consumes = []any{"multipart/form-data"}
		parameters = []any{
			part("units", "units.csv: units that are new, and those that are closed with their last day."),
			part("lineage", "lineage.csv: which went over into which."),
			query("note", "string", "What is behind it, such as the number of the decree."),
			query("validateOnly", "boolean", "Check everything and change nothing."),
		}
	}
	schema := ref(u.answer)
	if u.answer == "" {
		format := query("numberFormat", "string", "How numbers are written: vi is 1.234,5 and en is 1,234.5. Absent: digits with an optional minus alone.")
		format.set("enum", []any{"vi", "en"})
		parameters = append(parameters, format,
			query("draft", "boolean", "Save every report as a draft."), query("merge", "boolean", "Take what is missing from the newest revisions."))
		produces = append(produces, "application/x-ndjson")
		list := func(of, description string) *object {
			return obj("type", "array", "items", ref(of), "description", description)
		}
		schema = obj("type", "object", "description", "With Accept: application/x-ndjson one object a line, each with one outcome, problem, progress or summary.",
			"properties", obj(
				"outcomes", list("SubmitOutcome", "One for each report, in the order of the file."),
				"problems", list("Problem", "Lines that belong to no report."),
				"summary", ref("ImportReportsSummary"),
				"error", obj("type", "object", "description", "Why the answer broke off; then there is no summary.")))
	}
	return obj("summary", u.summary, "operationId", u.id,
		"responses", obj("200", obj("description", "What became of the file.", "schema", schema), "default", errorResponse()),
		"parameters", append(parameters, idempotencyKey), "tags", []any{u.tag},
		"consumes", consumes, "produces", produces)
}
