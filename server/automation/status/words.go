package status

// words name what is generated, in the language of whoever saved the template.
type words struct {
	skipped, failed, off, due, waits, sets, leaving string
}

func wordsIn(language string) words {
	switch language {
	case "pt-BR":
		return words{"Pulado, a condição não vale", "Falhou", "Desligado", "Na hora", "Aguarda um comando", "Definir status", "Saída"}
	case "pl":
		return words{"Pominięto, warunek nie zachodzi", "Nie powiodło się", "Wyłączono", "O czasie", "Czeka na polecenie", "Ustaw status", "Wyjście"}
	case "ru":
		return words{"Пропущено, условие не выполнено", "Не удалось", "Выключено", "В срок", "Ждёт команды", "Установить статус", "Выход"}
	}
	return words{"Skipped, the condition does not hold", "Failed", "Switched off", "Due", "Waits for a command", "Set status", "Leaving"}
}
