package app

import (
	"context"
	"fmt"

	"github.com/fluxo-app/fluxo/server/crm"
)

// demoProducts are what the demo company sells: what the rows of its records name.
var demoProducts = []crm.Product{
	goods("Handheld scanner HX-2", "HX-2", "Hardware / Scanners", "pcs", 89_900, "PLN"),
	goods("Docking station", "HX-D", "Hardware / Scanners", "pcs", 34_500, "PLN"),
	goods("Telemetry kit", "TK-18", "Hardware / Tracking", "set", 120_000, "PLN"),
	goods("Tracker, per unit", "TR-1", "Hardware / Tracking", "pcs", 4_900, "EUR"),
	goods("Gateway", "GW-10", "Hardware / Tracking", "pcs", 38_000, "EUR"),
	goods("Sensor", "SE-35", "Hardware / Tracking", "pcs", 2_300, "EUR"),
	goods("Camera", "CV-8", "Hardware / Vision", "pcs", 310_000, "PLN"),
	goods("Coating chamber LC-9", "LC-9", "Machines", "pcs", 18_400_000, "EUR"),
	goods("Roaster control unit", "RC-3", "Machines", "pcs", 1_250_000, "BRL"),
	goods("Breaker set", "BR-4", "Spare parts", "set", 210_000, "EUR"),
	service("Installation, per day", "S-INST", "day", 180_000, "PLN"),
	service("Commissioning", "S-COMM", "", 480_000, "BRL"),
	service("Training", "S-TRAIN", "day", 95_000, "EUR"),
	service("Drone inspection", "S-DRONE", "flight", 145_000, "EUR"),
	service("Report and archive", "S-REP", "", 320_000, "EUR"),
	service("Calibration visit", "S-CAL", "visit", 128_000, "EUR"),
	service("Maintenance, per month", "S-MAINT", "month", 640_000, "PLN"),
	service("Platform, per month", "S-PLAT", "month", 75_000, "EUR"),
	service("Rental, per month", "S-RENT", "month", 89_000, "BRL"),
}

func goods(name, sku, section, unit string, price int64, currency string) crm.Product {
	return crm.Product{Name: name, SKU: sku, Kind: crm.Goods, Section: section, Unit: unit, Price: crm.Money{Amount: price, Currency: currency}, TaxPercent: "23"}
}

func service(name, sku, unit string, price int64, currency string) crm.Product {
	return crm.Product{Name: name, SKU: sku, Kind: crm.ServiceKind, Section: "Services", Unit: unit, Price: crm.Money{Amount: price, Currency: currency}, TaxPercent: "23"}
}

// seedProducts fills the catalogue and gives it by name.
func (a *App) seedProducts(ctx context.Context, by crm.Change) (map[string]crm.Product, error) {
	made := map[string]crm.Product{}
	for _, p := range demoProducts {
		saved, err := a.CRM.SaveProduct(ctx, by, p)
		if err != nil {
			return nil, fmt.Errorf("seed product %s: %w", p.Name, err)
		}
		made[p.Name] = saved
	}
	return made, nil
}

// picked are rows as they are when they were picked from the catalogue.
func picked(rows []crm.ProductRow, from map[string]crm.Product) []crm.ProductRow {
	out := make([]crm.ProductRow, len(rows))
	for i, row := range rows {
		row.ProductID, row.Unit = from[row.Name].ID, from[row.Name].Unit
		out[i] = row
	}
	return out
}
