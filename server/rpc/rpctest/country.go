package rpctest

import (
	"github.com/google/uuid"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// Units, Indicators and Forms are the files of a small country: province 82 has the districts 803 and 804, these have
// communes, and all of them end on 30 June 2025. The file of units has a byte order mark, semicolons and CRLF, as a
// spreadsheet in Vietnam writes them.
const (
	Units = "\ufeffcode;kind;name_vi;parent;valid_from;valid_to\r\n" +
		"30280;commune;Xã Mỹ Trà;803;;2025-07-01\r\n" +
		"30283;commune;Xã Mỹ Tân;803;;2025-07-01\r\n" +
		"30301;commune;Xã An Hòa;804;;2025-07-01\r\n" +
		"803;district;Thành phố Cao Lãnh;82;;2025-07-01\r\n" +
		"804;district;Huyện Tam Nông;82;;2025-07-01\r\n" +
		"82;province;Tỉnh Tiền Giang;;;2025-07-01\r\n"
	Indicators = "code,name_vi,name_en,group,unit_of_measure,scale,unit_rule,time_rule,measure,reported_by,direction\n" +
		"HS,Hồ sơ trực tuyến,,,hồ sơ,0,SUM,SUM,flow,commune,higher\n" +
		"TL,Tỷ lệ đúng hạn,,,%,2,RATIO,SUM,flow,commune,higher\n" +
		"GD,Giá trị giao dịch,,,triệu đồng,2,SUM,SUM,flow,commune,higher\n"
	Forms = "code,name_vi,frequency,calendar,indicators,assigned,due\n" +
		"CDS,Chuyển đổi số hằng tháng,month,CIVIL,HS|TL|GD,kind:commune,commune=+2\n"
)

// Populate imports the country through the door.
func (s *Stack) Populate() *Stack {
	s.TB.Helper()
	ctx := s.As(s.Admin)
	units, err := reportingv1.NewUnitServiceClient(s.Conn).ImportUnits(ctx)
	s.Must(err)
	s.Must(units.Send(&reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Options{Options: s.Options()}}))
	s.Must(units.Send(&reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Chunk{Chunk: []byte(Units)}}))
	s.clean(units.CloseAndRecv())
	indicators, err := reportingv1.NewIndicatorServiceClient(s.Conn).ImportIndicators(ctx)
	s.Must(err)
	s.Must(indicators.Send(&reportingv1.ImportIndicatorsRequest{Part: &reportingv1.ImportIndicatorsRequest_Options{Options: s.Options()}}))
	s.Must(indicators.Send(&reportingv1.ImportIndicatorsRequest{Part: &reportingv1.ImportIndicatorsRequest_Chunk{Chunk: []byte(Indicators)}}))
	s.clean(indicators.CloseAndRecv())
	forms, err := reportingv1.NewFormServiceClient(s.Conn).ImportForms(ctx)
	s.Must(err)
	s.Must(forms.Send(&reportingv1.ImportFormsRequest{Part: &reportingv1.ImportFormsRequest_Options{Options: s.Options()}}))
	s.Must(forms.Send(&reportingv1.ImportFormsRequest{Part: &reportingv1.ImportFormsRequest_Chunk{Chunk: []byte(Forms)}}))
	s.clean(forms.CloseAndRecv())
	return s
}

// Options opens an upload under a new id.
func (s *Stack) Options() *reportingv1.ImportOptions {
	return &reportingv1.ImportOptions{RequestId: s.NewID()}
}

// NewID gives a new request id as text.
func (s *Stack) NewID() string { return uuid.UUID(s.RequestID()).String() }

// clean ends the test when an import had a problem.
func (s *Stack) clean(summary *reportingv1.ImportSummary, err error) {
	s.TB.Helper()
	s.Must(err)
	if problems := summary.GetProblems(); len(problems) > 0 {
		s.TB.Fatalf("the small country was refused: %v", problems)
	}
}
