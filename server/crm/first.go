package crm

import "context"

// firstStages are the names of the first pipeline of a type and of its stages:
// new, in work, success, failure.
var firstStages = map[string]map[string][5]string{
	TypeDeal: {
		"en":    {"Sales", "New", "In work", "Won", "Lost"},
		"pt-BR": {"Vendas", "Novo", "Em andamento", "Ganho", "Perdido"},
		"pl":    {"Sprzedaż", "Nowe", "W toku", "Wygrane", "Przegrane"},
		"ru":    {"Продажи", "Новые", "В работе", "Выиграны", "Проиграны"},
	},
	TypeLead: {
		"en":    {"Leads", "New", "In work", "Converted", "Junk"},
		"pt-BR": {"Leads", "Novo", "Em andamento", "Convertido", "Descartado"},
		"pl":    {"Leady", "Nowe", "W toku", "Przekształcone", "Odrzucone"},
		"ru":    {"Лиды", "Новые", "В работе", "Конвертированы", "Отсеяны"},
	},
	TypeQuote: {
		"en":    {"Quotes", "Draft", "Sent", "Accepted", "Declined"},
		"pt-BR": {"Propostas", "Rascunho", "Enviada", "Aceita", "Recusada"},
		"pl":    {"Oferty", "Szkic", "Wysłane", "Przyjęte", "Odrzucone"},
		"ru":    {"Предложения", "Черновик", "Отправлены", "Приняты", "Отклонены"},
	},
	TypeInvoice: {
		"en":    {"Invoices", "Draft", "Sent", "Paid", "Canceled"},
		"pt-BR": {"Faturas", "Rascunho", "Enviada", "Paga", "Cancelada"},
		"pl":    {"Faktury", "Szkic", "Wysłane", "Opłacone", "Anulowane"},
		"ru":    {"Счета", "Черновик", "Отправлены", "Оплачены", "Отменены"},
	},
}

// firstIDs are the ids of the first pipeline of a type and of its stages.
var firstIDs = map[string][5]string{
	TypeDeal:    {"sales", "new", "work", "won", "lost"},
	TypeLead:    {"leads", "new", "work", "converted", "junk"},
	TypeQuote:   {"quotes", "draft", "sent", "accepted", "declined"},
	TypeInvoice: {"invoices", "draft", "sent", "paid", "canceled"},
}

// FirstPipeline gives a new installation a pipeline of each type to begin with, in
// words of a language; their stages are edited on the board. Where there is one of
// any type, it does nothing.
func (s *Service) FirstPipeline(ctx context.Context, by Change, language string) error {
	there, err := s.Pipelines(ctx, "")
	if err != nil || len(there) > 0 {
		return err
	}
	for _, recordType := range stagedTypes {
		if err := s.FirstPipelineOf(ctx, by, recordType, language); err != nil {
			return err
		}
	}
	return nil
}

// FirstPipelineOf adds the first pipeline of a type.
func (s *Service) FirstPipelineOf(ctx context.Context, by Change, recordType, language string) error {
	if recordType == TypeLead {
		if err := s.keepSources(ctx, by, language); err != nil {
			return err
		}
	}
	_, err := s.CreatePipeline(ctx, by, Pipeline{Key: firstIDs[recordType][0], Name: namesIn(recordType, language)[0], Type: recordType, Stages: stagesIn(recordType, language)})
	return err
}

// namesIn are the first names of a type in a language; own types have those of deals.
func namesIn(recordType, language string) [5]string {
	of, known := firstStages[recordType]
	if !known {
		of = firstStages[TypeDeal]
	}
	if names, ok := of[language]; ok {
		return names
	}
	return of["en"]
}

func stagesIn(recordType, language string) []Stage {
	names := namesIn(recordType, language)
	ids, known := firstIDs[recordType]
	if !known {
		ids = firstIDs[TypeDeal]
	}
	return []Stage{
		{ID: ids[1], Name: names[1], Color: "#64748b", Kind: Normal},
		{ID: ids[2], Name: names[2], Color: "#2563eb", Kind: Normal},
		{ID: ids[3], Name: names[3], Color: "#15803d", Kind: Success},
		{ID: ids[4], Name: names[4], Color: "#b91c1c", Kind: Failure},
	}
}
