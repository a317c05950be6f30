package httpapi

import (
	"github.com/danielgtaylor/huma/v2"
)

// instant describes docstore.Instant: a moment, or null for none.
type instant string

// Schema implements huma.SchemaProvider.
func (instant) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Nullable: true}
}
