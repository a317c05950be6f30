package robot

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/schemas/node"
	"github.com/fluxo-app/fluxo/server/problem"
)

// describe builds a descriptor from the robot's schema.
func describe(key string, class robot.Class) robot.Descriptor {
	d, ok := node.Describe(key)
	if !ok {
		panic("robot: no schema for " + key)
	}
	results := make([]robot.Field, len(d.Results))
	for i, r := range d.Results {
		results[i] = robot.Field{Name: r.Name, Type: r.Type}
	}
	return robot.Descriptor{Key: key, Category: d.Category, Icon: d.Icon, Class: class, Ports: d.Ports, Results: results, Schema: d.Schema}
}

const fixStep = "correct the step's settings or the record's data, then retry"

func permanent(code, remedy, format string, args ...any) *robot.Failure {
	return &robot.Failure{Kind: robot.Permanent, Code: code, Message: fmt.Sprintf(format, args...), Remedy: remedy}
}

func temporary(code string, cause error, format string, args ...any) *robot.Failure {
	return &robot.Failure{Kind: robot.Temporary, Code: code, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// badConfig is a value that the expression or template gave and that cannot be used.
func badConfig(field, format string, args ...any) *robot.Failure {
	f := permanent("bad_value", fixStep, "%s: %s", field, fmt.Sprintf(format, args...))
	f.Detail = map[string]any{"field": field}
	return f
}

// text reads a text of the config.
func text(config map[string]any, name string, required bool) (string, *robot.Failure) {
	value := config[name]
	if value == nil {
		value = ""
	}
	s, ok := value.(string)
	if !ok {
		return "", badConfig(name, "a text is expected, this is %s", kindOf(value))
	}
	if s = strings.TrimSpace(s); s == "" && required {
		return "", badConfig(name, "the value is empty")
	}
	return s, nil
}

func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "empty"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	case string:
		return "a text"
	}
	return "a number"
}

// person reads a user's id, also from an object with an id.
func person(value any) (string, bool) {
	if object, ok := value.(map[string]any); ok {
		value = object["id"]
	}
	id, ok := value.(string)
	return id, ok && id != ""
}

// needRecord refuses runs that are about no record.
func needRecord(run robot.Run) *robot.Failure {
	if run.RecordType == "" || run.RecordID == "" {
		return permanent("no_record", "start the process on a record", "this run is about no record")
	}
	return nil
}

func change(req robot.Request) Change {
	return Change{Run: req.Run.ID, Effect: req.EffectID, Depth: req.Run.CauseDepth, Actor: req.Run.Actor}
}

// recordFailure explains a refused change of a record.
func recordFailure(err error) error {
	var p *problem.Problem
	if !errors.As(err, &p) || p.Status() >= http.StatusInternalServerError {
		return temporary("record_unavailable", err, "the record could not be read or changed: %v", err)
	}
	if p.Status() == http.StatusConflict {
		return temporary(p.Code, err, "the record was changed at the same time: %s", p.Text("en"))
	}
	words := []string{p.Text("en")}
	fields := make([]any, 0, len(p.Fields))
	for _, f := range p.Fields {
		words = append(words, f.Path+": "+f.Words("en"))
		fields = append(fields, map[string]any{"path": f.Path, "code": f.Code, "message": f.Words("en")})
	}
	failure := permanent(p.Code, fixStep, "%s", strings.Join(words, "; "))
	failure.Cause = err
	if len(fields) > 0 {
		failure.Detail = map[string]any{"fields": fields}
	}
	return failure
}

// waitOf is the effect's id without the count of operators' retries, so that
// what a retry sends or stores can be recognized as the same thing.
func waitOf(effectID string) (wait string, generation int) {
	at := strings.LastIndexByte(effectID, ':')
	if at < 0 {
		return effectID, 1
	}
	n, err := strconv.Atoi(effectID[at+1:])
	if err != nil || n < 1 {
		return effectID, 1
	}
	return effectID[:at], n
}

// stableID makes a UUID that depends on its parts only.
func stableID(parts ...string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte("fluxo\x00"+strings.Join(parts, "\x00"))).String()
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}
