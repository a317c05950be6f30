package crm

import "context"

// firstStages are the names of the first pipeline and of its stages.
var firstStages = map[string][5]string{
	"en":    {"Sales", "New", "In work", "Won", "Lost"},
	"pt-BR": {"Vendas", "Novo", "Em andamento", "Ganho", "Perdido"},
	"pl":    {"Sprzedaż", "Nowe", "W toku", "Wygrane", "Przegrane"},
	"ru":    {"Продажи", "Новые", "В работе", "Выиграны", "Проиграны"},
}

// FirstPipeline gives a new installation a pipeline to begin with, in words of a
// language; its stages are edited on the board. Where there is one, it does nothing.
func (s *Service) FirstPipeline(ctx context.Context, by Change, language string) error {
	there, err := s.Pipelines(ctx)
	if err != nil || len(there) > 0 {
		return err
	}
	_, err = s.CreatePipeline(ctx, by, Pipeline{Key: "sales", Name: namesIn(language)[0], RecordType: "deal", Stages: stagesIn(language)})
	return err
}

func namesIn(language string) [5]string {
	if names, ok := firstStages[language]; ok {
		return names
	}
	return firstStages["en"]
}

func stagesIn(language string) []Stage {
	names := namesIn(language)
	return []Stage{
		{ID: "new", Name: names[1], Color: "#64748b", Kind: Normal},
		{ID: "work", Name: names[2], Color: "#2563eb", Kind: Normal},
		{ID: "won", Name: names[3], Color: "#15803d", Kind: Success},
		{ID: "lost", Name: names[4], Color: "#b91c1c", Kind: Failure},
	}
}
