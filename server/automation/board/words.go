package board

// words name what is generated, in the language of whoever saved the board.
type words struct {
	left, stopped, skipped, failed, off, due, leaving string
}

func wordsIn(language string) words {
	switch language {
	case "pt-BR":
		return words{"Cancelado, o registro saiu da etapa", "Parado à mão", "Pulado, a condição não vale", "Falhou", "Desligado", "Na hora", "O registro sai da etapa"}
	case "pl":
		return words{"Anulowano, rekord opuścił etap", "Zatrzymano ręcznie", "Pominięto, warunek nie zachodzi", "Nie powiodło się", "Wyłączono", "O czasie", "Rekord opuszcza etap"}
	case "ru":
		return words{"Отменено, запись покинула стадию", "Остановлено вручную", "Пропущено, условие не выполнено", "Не удалось", "Выключено", "В срок", "Запись покидает стадию"}
	}
	return words{"Canceled, the record left the stage", "Stopped by hand", "Skipped, the condition does not hold", "Failed", "Switched off", "Due", "The record leaves the stage"}
}
