package resolve

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
)

// Child resolves a call: which process it calls, in which version, and the
// values that it gives. What it takes back the core evaluates at the end.
func (s *Service) Child(ctx context.Context, o host.Opening) (host.StartRequest, error) {
	r := s.begin(ctx, o)
	var call map[string]json.RawMessage
	if err := json.Unmarshal(o.Command.Config, &call); err != nil {
		return host.StartRequest{}, refuse("bad_config", "the call cannot be read", "correct it and publish the process again")
	}
	delete(call, "out")
	raw, err := json.Marshal(call)
	if err != nil {
		return host.StartRequest{}, refuse("bad_config", "the call cannot be read", "correct it and publish the process again")
	}
	config, err := r.config(o.Command.NodeKind, raw)
	if err != nil {
		return host.StartRequest{}, err
	}
	req := host.StartRequest{Parameters: core.Values{}}
	if req.DefinitionKey, _ = config["process"].(string); req.DefinitionKey == "" {
		return req, refuse("no_process", "the called process is not named", "choose the process to call, or change what names it, and retry")
	}
	switch version := config["version"].(type) {
	case nil:
	case json.Number, int, int64, float64:
		text, err := json.Marshal(version)
		if err == nil {
			req.Version, err = strconv.Atoi(string(text))
		}
		if err != nil || req.Version < 0 {
			return req, refuse("bad_version", "the version of the called process is no whole number", "give a number, or nothing for the newest version, and retry")
		}
	default:
		return req, refuse("bad_version", "the version of the called process is no whole number", "give a number, or nothing for the newest version, and retry")
	}
	rows, _ := config["in"].([]any)
	for _, element := range rows {
		row, _ := element.(map[string]any)
		if name, _ := row["name"].(string); name != "" {
			req.Parameters[name] = row["value"]
		}
	}
	return req, nil
}
