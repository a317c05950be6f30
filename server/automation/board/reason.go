package board

// Why a robot is in its state.
const (
	becauseLeft      = "left"
	becauseStopped   = "stopped"
	becausePrevious  = "previous" // the one before it failed or was canceled
	becauseCondition = "condition"
	becauseLate      = "late" // its time was over when the stage was entered
	becauseLater     = "later"
	becauseNoEntry   = "noEntry"
	becauseError     = "error"
	becauseIncident  = "incident"
	becauseNoDate    = "noDate"
	becauseDay       = "day"
	becauseByHand    = "byHand" // an operator passed it over or ended the run
)

// reasons in the languages of the product.
var reasons = map[string]map[string]string{
	"en": {
		becauseLeft: "the record left the stage", becauseStopped: "stopped by hand", becausePrevious: "the robot before it did not do its work",
		becauseCondition: "its condition did not hold", becauseLate: "its time was over already, so it ran at once", becauseLater: "it was added after the record had entered",
		becauseNoEntry: "the record entered before the stage had robots", becauseError: "it failed", becauseNoDate: "the date has not been entered",
		becauseDay: "it waits for the responsible person's working time", becauseByHand: "decided by an operator",
	},
	"pt-BR": {
		becauseLeft: "o registro saiu da etapa", becauseStopped: "parado à mão", becausePrevious: "o robô anterior não fez o seu trabalho",
		becauseCondition: "sua condição não valia", becauseLate: "sua hora já tinha passado, por isso rodou logo", becauseLater: "foi adicionado depois que o registro entrou",
		becauseNoEntry: "o registro entrou antes de a etapa ter robôs", becauseError: "falhou", becauseNoDate: "a data não foi preenchida",
		becauseDay: "espera o horário de trabalho do responsável", becauseByHand: "decidido por um operador",
	},
	"pl": {
		becauseLeft: "rekord opuścił etap", becauseStopped: "zatrzymano ręcznie", becausePrevious: "poprzedni robot nie wykonał swojej pracy",
		becauseCondition: "jego warunek nie zachodził", becauseLate: "jego czas już minął, więc zadziałał od razu", becauseLater: "dodano go po wejściu rekordu",
		becauseNoEntry: "rekord wszedł, zanim etap miał roboty", becauseError: "nie powiodło się", becauseNoDate: "nie wpisano daty",
		becauseDay: "czeka na czas pracy osoby odpowiedzialnej", becauseByHand: "decyzja operatora",
	},
	"ru": {
		becauseLeft: "запись покинула стадию", becauseStopped: "остановлено вручную", becausePrevious: "предыдущий робот не выполнил свою работу",
		becauseCondition: "условие не выполнялось", becauseLate: "время уже прошло, поэтому сработал сразу", becauseLater: "добавлен после входа записи",
		becauseNoEntry: "запись вошла до появления роботов на стадии", becauseError: "не удалось", becauseNoDate: "дата не указана",
		becauseDay: "ждёт рабочего времени ответственного", becauseByHand: "решение оператора",
	},
}

func reasonIn(language, because string) string {
	words, ok := reasons[language]
	if !ok {
		words = reasons["en"]
	}
	return words[because]
}
