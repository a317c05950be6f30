package app

import (
	"encoding/json"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/check"
	enginerobot "github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/schemas/node"
	"github.com/fluxo-app/fluxo/schemas/trigger"
)

// exits tells stage boards which robots there are and by which further exits
// they leave.
func exits(catalog *enginerobot.Catalog) func(key string) ([]string, bool) {
	return func(key string) ([]string, bool) {
		p, ok := catalog.Performer(key)
		if !ok {
			return nil, false
		}
		return p.Descriptor().Ports, true
	}
}

// triggerConfigs checks the configs of triggers against their schemas.
func triggerConfigs() func(kind string, config []byte) ([]graph.ConfigProblem, bool) {
	configs := check.New(check.Parts{Schema: trigger.Schema}).Configs
	return func(kind string, config []byte) ([]graph.ConfigProblem, bool) {
		if _, ok := trigger.Schema(kind); !ok {
			return nil, false
		}
		if len(config) == 0 {
			config = []byte("{}")
		}
		return configs.CheckConfig(kind, config), true
	}
}

// titleOf is what people call a robot or a kind of step.
func titleOf(key, language string) string {
	text, ok := node.Schema(key)
	if !ok {
		return key
	}
	var schema struct {
		Title string `json:"title"`
		I18n  map[string]struct {
			Title string `json:"title"`
		} `json:"x-i18n"`
	}
	if json.Unmarshal(text, &schema) != nil { // schemas are embedded and tested
		return key
	}
	if t := schema.I18n[language].Title; t != "" {
		return t
	}
	return schema.Title
}
